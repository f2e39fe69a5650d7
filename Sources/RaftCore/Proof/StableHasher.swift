/// A hash that is the same in every process: the standard library's is seeded anew for each, and a model checker's
/// counts must repeat. Not for use against an adversary.
package struct StableHasher: Sendable {
    private var state: UInt64

    package init(seed: UInt64 = 0x5241_4654) { state = Self.mix(seed) }

    package mutating func combine(_ word: UInt64) { state = Self.mix(state ^ word) &+ 0x9E37_79B9_7F4A_7C15 }
    package mutating func combine(_ number: Int) { combine(UInt64(bitPattern: Int64(number))) }
    package mutating func combine(_ flag: Bool) { combine(flag ? 1 : 2 as UInt64) }

    package mutating func combine(_ bytes: UnsafeRawBufferPointer) {
        combine(bytes.count)
        for byte in bytes { combine(UInt64(byte)) }
    }

    package var value: UInt64 { Self.mix(state) }

    /// Spreads every bit of a word over all of it (the finaliser of SplitMix64). One to one.
    package static func mix(_ word: UInt64) -> UInt64 {
        var mixed = word
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
