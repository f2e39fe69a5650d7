import Glibc
public import RaftCore
public import RaftMembership

/// What a data directory holds of one group. See ``LMDBInspection``.
public struct LMDBGroupInspection: Hashable, Sendable {
    /// Something that is not as it was written.
    public struct Damage: Hashable, Sendable, CustomStringConvertible {
        /// The log entry; nil when it is not one.
        public var index: LogIndex?
        /// One line.
        public var reason: String

        public var description: String { index.map { "log entry \($0): \(reason)" } ?? reason }
    }

    public let group: GroupID
    /// Nil when there is none, or when it is damaged.
    public private(set) var hardState: HardState?
    /// Nil when there is none, or when its record is damaged.
    public private(set) var snapshot: Snapshot?
    /// Whether the body of `snapshot` is there, of the right size and checksum.
    public private(set) var isSnapshotIntact = false
    /// The position before the first entry.
    public private(set) var base: LogID = .zero
    /// The last entry; the base when there is none.
    public private(set) var last: LogID = .zero
    /// Entries that are intact, and their bytes.
    public private(set) var entryCount = 0
    public private(set) var entryBytes = 0
    /// Entries below the base that are not removed yet; they mean nothing.
    public private(set) var purgedCount = 0
    /// Where the terms begin, of the entries that are intact.
    public private(set) var terms: [TermRun] = []
    /// Configurations in the log, oldest first.
    public private(set) var configurations: [LoggedMembership] = []
    /// In the order of the log; not more than a thousand.
    public private(set) var damage: [Damage] = []

    private static let mostDamage = 1000

    init(_ group: GroupID, _ reader: GroupReader, in directory: DataDirectory) throws {
        self.group = group
        let record: GroupRecord
        do {
            record = try reader.record(of: group)
        } catch let error as StorageError {
            note(nil, error.message)
            return
        }
        base = record.base
        last = record.last
        do {
            hardState = try reader.hardState(of: group, expected: record.hasHardState)
        } catch let error as StorageError {
            note(nil, error.message)
        }
        do {
            snapshot = try reader.snapshot(of: group, record)
        } catch let error as StorageError {
            note(nil, error.message)
        }
        if let snapshot { verify(snapshot, in: directory) }
        guard let table = try reader.transaction.open(Schema.entries(group), creating: false) else {
            if base != last { note(base.index.next, "it and all after it are missing") }
            return
        }
        try scan(Cursor(reader.transaction, table))
    }

    /// Reads the body whole, piece by piece.
    private mutating func verify(_ snapshot: Snapshot, in directory: DataDirectory) {
        let file = directory.path(of: SnapshotFile(.finished(snapshot.id), of: group))
        do {
            try snapshot.verify(SnapshotFileReader(Descriptor(opening: file, O_RDONLY), size: snapshot.size))
            isSnapshotIntact = true
        } catch {
            note(nil, "\(file): \(error)")
        }
    }

    private mutating func scan(_ cursor: borrowing Cursor) throws(LMDBError) {
        var expected = base.index.next
        var item = try cursor.first()
        while let entry = item {
            if let index = entry.index, index > base.index {
                if index > expected { note(expected, "it is missing, as are all up to entry \(index)") }
                if index > last.index { note(index, "it lies behind the last, \(last)") }
                visit(entry.value, at: index)
                expected = index.next
            } else if entry.index == nil {
                note(nil, "there is a record in the log that is no entry")
            } else {
                purgedCount += 1
            }
            item = try cursor.next()
        }
        if expected <= last.index { note(expected, "it is missing, as are all up to the last, \(last)") }
    }

    private mutating func visit(_ bytes: UnsafeRawBufferPointer, at index: LogIndex) {
        if let hardState, hardState.provenThrough > .zero, index == hardState.provenThrough.next {
            note(index, "it may have followed another than the one before it, and a leader is to send it again")
        }
        let header: EntryHeader
        do {
            header = try EntryHeader.verify(bytes)
        } catch {
            return note(index, error.description)
        }
        guard header.index == index, header.totalLength == bytes.count else {
            return note(index, "it is entry \(header.id) of \(header.totalLength) bytes, in the wrong place")
        }
        guard header.term >= terms.last?.term ?? base.term else {
            return note(index, "its term \(header.term) is below the one before")
        }
        entryCount += 1
        entryBytes += bytes.count
        if terms.last?.term != header.term { terms.append(TermRun(firstIndex: index, term: header.term)) }
        guard header.kind == .configuration else { return }
        let payload = bytes[(EntryHeader.size + Int(header.extensionsLength))...]
        do {
            let membership = try MembershipCodec.decode(UnsafeRawBufferPointer(rebasing: payload)).membership
            configurations.append(LoggedMembership(id: header.id, membership: membership))
        } catch {
            note(index, "its configuration \(error)")
        }
    }

    private mutating func note(_ index: LogIndex?, _ reason: String) {
        if damage.count < Self.mostDamage { damage.append(Damage(index: index, reason: reason)) }
    }
}
