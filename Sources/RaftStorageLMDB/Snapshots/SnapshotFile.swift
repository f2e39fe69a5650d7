import RaftCore
import RaftMembership

/// A file with the body of a snapshot, or with a part of one, as its name tells.
///
/// | name | what it is |
/// |---|---|
/// | `snapshot-GROUP-INDEX-TERM-SIZE-CHECKSUM` | a finished body, whole and durable |
/// | the same and `.part` | as much of it as another server has sent; kept, so that the transfer goes on |
/// | `snapshot-GROUP.building` | one that this server takes; worthless when its process is gone |
///
/// Numbers are hexadecimal in lower case with leading zeros: group and CRC-32C of the body in 8 digits, the others in 16.
struct SnapshotFile: Hashable, Sendable {
    enum Kind: Hashable, Sendable {
        case finished(SnapshotID)
        case part(SnapshotID)
        case building
    }

    var group: GroupID
    var kind: Kind

    init(_ kind: Kind, of group: GroupID) {
        self.group = group
        self.kind = kind
    }

    private static let prefix = "snapshot-"
    private static let partSuffix = ".part"

    var name: String {
        let head = Self.prefix + hexadecimal(group.rawValue)
        func body(_ id: SnapshotID) -> String {
            let numbers = [id.last.index.rawValue, id.last.term.rawValue, id.size].map { hexadecimal($0) }
            return ([head] + numbers + [hexadecimal(id.checksum)]).joined(separator: "-")
        }
        switch kind {
        case .finished(let id): return body(id)
        case .part(let id): return body(id) + Self.partSuffix
        case .building: return head + ".building"
        }
    }

    /// Nil for the name of anything else, also for one that only looks alike.
    init?(named name: String) {
        guard name.hasPrefix(Self.prefix), let group = UInt32(name.dropFirst(Self.prefix.count).prefix(8), radix: 16)
        else { return nil }
        self.init(.building, of: GroupID(rawValue: group))
        if name == self.name { return }
        let isPart = name.hasSuffix(Self.partSuffix)
        let fields = name.dropLast(isPart ? Self.partSuffix.count : 0).split(separator: "-")
        guard fields.count == 6, let index = UInt64(fields[2], radix: 16), let term = UInt64(fields[3], radix: 16),
            let size = UInt64(fields[4], radix: 16), let checksum = UInt32(fields[5], radix: 16)
        else { return nil }
        let last = LogID(term: Term(term), index: LogIndex(index))
        let id = SnapshotID(last: last, size: size, checksum: checksum)
        kind = isPart ? .part(id) : .finished(id)
        guard name == self.name else { return nil }
    }

    /// Of which snapshot; nil while that is not known yet.
    var id: SnapshotID? {
        switch kind {
        case .finished(let id), .part(let id): id
        case .building: nil
        }
    }

    var isPart: Bool {
        if case .part = kind { true } else { false }
    }
}

/// In as many digits as the type takes.
func hexadecimal<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: Number.bitWidth / 4 - digits.count) + digits
}
