import RaftCore
import RaftMembership

/// What is in the environment, byte by byte. Format version 1.
///
/// Numbers in keys are big-endian, so that LMDB's byte order is their order; numbers in values are little-endian.
///
/// The main table holds plain records:
///
/// | key | bytes | value |
/// |---|---|---|
/// | `meta` | 4 | `Identity`: whose directory this is |
/// | `hard` + group (4) | 8 | `HardState.encoded()`, 96 bytes |
/// | `raft` + group (4) | 8 | `GroupRecord`, 48 bytes |
/// | `snap` + group (4) | 8 | `Snapshot.encoded()`: the group's snapshot, whose body is in a file (see `SnapshotFile`) |
///
/// and the roots of the other tables, one for each group that has or had entries, named `entries-` and the group in
/// eight hexadecimal digits. In such a table:
///
/// | key | bytes | value |
/// |---|---|---|
/// | index | 8 | the entry, encoded as `EntryHeader` says |
///
/// A table of its own for each group, rather than one for all, so that every entry is appended at the end of its table:
/// pages are full, and nothing is searched or split.
///
/// A purge moves the base in `GroupRecord` and is then done; entries up to the base stay in the table until later commits
/// remove them, a bounded number each, and mean nothing. Entries after the base are there without a gap, the last one
/// being the one that `GroupRecord` names. `HardState`, `Snapshot`, `GroupRecord` and `Identity` carry checksums of their own as the
/// entries do, for LMDB has none (rule D3).
enum Schema {
    static let version: UInt32 = 1

    static let identity = Array("meta".utf8)

    static func hardState(_ group: GroupID) -> [UInt8] { key("hard", group) }
    static func snapshot(_ group: GroupID) -> [UInt8] { key("snap", group) }
    static func record(_ group: GroupID) -> [UInt8] { key("raft", group) }

    static func entries(_ group: GroupID) -> String {
        "entries-" + hexadecimal(group.rawValue)
    }

    /// The group of which something is under `key` in the main table; nil for other keys.
    static func group(of key: UnsafeRawBufferPointer) -> GroupID? {
        if key.count == 8, ["hard", "raft", "snap"].contains(where: { key.starts(with: $0.utf8) }) {
            return GroupID(rawValue: UInt32(bigEndian: key.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
        }
        let name = String(decoding: key, as: UTF8.self)
        guard name.hasPrefix("entries-"), let number = UInt32(name.dropFirst(8), radix: 16) else { return nil }
        let group = GroupID(rawValue: number)
        return name == entries(group) ? group : nil
    }

    private static func key(_ tag: String, _ group: GroupID) -> [UInt8] {
        var key = Array(tag.utf8)
        withUnsafeBytes(of: group.rawValue.bigEndian) { key.append(contentsOf: $0) }
        return key
    }
}
