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
/// | `logb` + group (4) | 8 | `LogBounds`, 40 bytes |
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
/// A purge moves the base in `LogBounds` and is then done; entries up to the base stay in the table until later commits
/// remove them, a bounded number each, and mean nothing. Entries after the base are there without a gap, the last one
/// being the one that `LogBounds` names. `HardState`, `LogBounds` and `Identity` carry checksums of their own as the
/// entries do, for LMDB has none (rule D3).
enum Schema {
    static let version: UInt32 = 1

    static let identity = Array("meta".utf8)

    static func hardState(_ group: GroupID) -> [UInt8] { key("hard", group) }
    static func bounds(_ group: GroupID) -> [UInt8] { key("logb", group) }

    static func entries(_ group: GroupID) -> String {
        let digits = String(group.rawValue, radix: 16)
        return "entries-" + String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// The group whose bounds or hard state are under `key`; nil for other keys.
    static func group(of key: UnsafeRawBufferPointer) -> GroupID? {
        guard key.count == 8, key.starts(with: "hard".utf8) || key.starts(with: "logb".utf8) else { return nil }
        return GroupID(rawValue: UInt32(bigEndian: key.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    }

    private static func key(_ tag: String, _ group: GroupID) -> [UInt8] {
        var key = Array(tag.utf8)
        withUnsafeBytes(of: group.rawValue.bigEndian) { key.append(contentsOf: $0) }
        return key
    }
}
