/// A set of fingerprints in one array: eight bytes for each, and nothing is moved on the way in.
struct FingerprintSet: Sendable {
    private var slots: [UInt64]
    private var mask: Int
    private(set) var count = 0

    init() {
        slots = [UInt64](repeating: 0, count: 1 << 10)
        mask = slots.count - 1
    }

    /// False when it was there.
    mutating func insert(_ fingerprint: UInt64) -> Bool {
        // Zero marks a free slot.
        let fingerprint = fingerprint == 0 ? 1 : fingerprint
        guard place(fingerprint) else { return false }
        count += 1
        if count * 4 > slots.count * 3 { grow() }
        return true
    }

    private mutating func place(_ fingerprint: UInt64) -> Bool {
        var position = Int(truncatingIfNeeded: fingerprint) & mask
        while slots[position] != 0 {
            if slots[position] == fingerprint { return false }
            position = (position + 1) & mask
        }
        slots[position] = fingerprint
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        mask = slots.count - 1
        for fingerprint in old where fingerprint != 0 { _ = place(fingerprint) }
    }
}
