/// The configurations that a search has been in, each a short row of words, without an allocation per entry.
///
/// Rows are compared in full: a hash alone never decides.
struct ConfigurationCache {
    private var words: [UInt64] = []
    /// For each slot the offset in `words` of a row that starts with its length and hash; -1 when free.
    private var slots: [Int]
    private(set) var count = 0

    init() {
        slots = Array(repeating: -1, count: 1024)
    }

    /// Adds a row; `false` when it was there already.
    mutating func insert(_ row: [UInt64]) -> Bool {
        if count * 2 >= slots.count { grow() }
        let hash = Self.hash(row)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot] >= 0 {
            if matches(row, hash: hash, at: slots[slot]) { return false }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = words.count
        words.append(UInt64(row.count))
        words.append(hash)
        words.append(contentsOf: row)
        count += 1
        return true
    }

    private func matches(_ row: [UInt64], hash: UInt64, at offset: Int) -> Bool {
        guard words[offset] == UInt64(row.count), words[offset + 1] == hash else { return false }
        for index in row.indices where words[offset + 2 + index] != row[index] { return false }
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = Array(repeating: -1, count: old.count * 2)
        for offset in old where offset >= 0 {
            var slot = Int(truncatingIfNeeded: words[offset + 1]) & (slots.count - 1)
            while slots[slot] >= 0 { slot = (slot + 1) & (slots.count - 1) }
            slots[slot] = offset
        }
    }

    private static func hash(_ row: [UInt64]) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for word in row {
            hash = (hash ^ word) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
        }
        hash = hash &* 0xC4CE_B9FE_1A85_EC53
        return hash ^ (hash >> 29)
    }
}
