import Glibc
import RaftCore
import RaftMembership

/// The names of the files in which bodies of snapshots are. A name says all that tells a body from any other (rule S1).
///
/// | name | what it is |
/// |---|---|
/// | `snapshot-GROUP-INDEX-TERM-SIZE-CHECKSUM` | a body that is complete; it counts when the environment names it |
/// | the same and `.part` | one that is being received; a transfer goes on with it (rule S6) |
/// | `snapshot-GROUP.new` | one that is being taken |
///
/// Numbers are decimal, the checksum hexadecimal.
struct SnapshotFiles: Sendable {
    let directory: DataDirectory

    func fresh(_ group: GroupID) -> String { "\(directory.path)/snapshot-\(group.rawValue).new" }

    func body(_ id: SnapshotID, _ group: GroupID) -> String {
        "\(directory.path)/snapshot-\(group.rawValue)-\(id.last.index.rawValue)-\(id.last.term.rawValue)-\(id.size)-"
            + String(id.checksum, radix: 16)
    }

    func part(_ id: SnapshotID, _ group: GroupID) -> String { body(id, group) + ".part" }

    /// What a name stands for; nil for one that is none of these.
    static func parse(_ name: String) -> (group: GroupID, id: SnapshotID?, isPart: Bool)? {
        guard name.hasPrefix("snapshot-") else { return nil }
        var text = name.dropFirst("snapshot-".count)
        if text.hasSuffix(".new") {
            return UInt32(text.dropLast(4)).map { (GroupID(rawValue: $0), nil, false) }
        }
        let isPart = text.hasSuffix(".part")
        if isPart { text = text.dropLast(".part".count) }
        let fields = text.split(separator: "-", omittingEmptySubsequences: false)
        guard fields.count == 5, let group = UInt32(fields[0]), let index = UInt64(fields[1]),
            let term = UInt64(fields[2]), let size = UInt64(fields[3]), let checksum = UInt32(fields[4], radix: 16)
        else { return nil }
        let last = LogID(term: Term(term), index: LogIndex(index))
        return (GroupID(rawValue: group), SnapshotID(last: last, size: size, checksum: checksum), isPart)
    }

    /// Removes the files for which `isSuperfluous` says so.
    func remove(
        where isSuperfluous: (_ group: GroupID, _ id: SnapshotID?, _ isPart: Bool) -> Bool
    ) throws(StorageError) {
        for name in try directory.names() {
            guard let (group, id, isPart) = Self.parse(name), isSuperfluous(group, id, isPart) else { continue }
            try directory.remove("\(directory.path)/\(name)")
        }
    }

    /// At a start: what no record names is worthless, but for what is being received (rule S8).
    func clean(keeping named: [GroupID: SnapshotID]) throws(StorageError) {
        try remove { group, id, isPart in !isPart && (id == nil || named[group] != id) }
    }

    /// The body that a record names must be there.
    func check(_ snapshot: Snapshot, of group: GroupID) throws(StorageError) {
        let path = body(snapshot.id, group)
        let advice = "move the directory away and replace this member by a new one"
        guard try directory.exists(path) else {
            throw StorageError(.damaged, "the snapshot \(path) is missing, and the log begins behind it; \(advice)")
        }
        let size = try Descriptor(opening: path, O_RDONLY).size()
        guard size == snapshot.size else {
            throw StorageError(
                .damaged, "the snapshot \(path) has \(size) bytes instead of \(snapshot.size); \(advice)")
        }
    }
}

extension DataDirectory {
    /// The names of all that is in the directory.
    func names() throws(StorageError) -> [String] {
        guard let stream = opendir(path) else { throw StorageError(system: errno, "read", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names
    }
}
