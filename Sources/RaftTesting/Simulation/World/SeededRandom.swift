/// Reproducible chance (SplitMix64): the same seed gives the same numbers, everywhere and for ever.
///
/// Works with the standard library too: `Int.random(in: 1...6, using: &random)`.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    public mutating func next(in range: ClosedRange<UInt64>) -> UInt64 {
        let width = range.upperBound - range.lowerBound
        return width == .max ? next() : range.lowerBound + next() % (width + 1)
    }

    /// A number from 0 up to, but not including, `count`, which must be positive.
    public mutating func index(below count: Int) -> Int { Int(next() % UInt64(count)) }

    /// True in so many of a thousand cases.
    public mutating func chance(_ thousandths: UInt64) -> Bool { thousandths > 0 && next() % 1000 < thousandths }

    /// One of `choices`, of which there must be some.
    public mutating func pick<Choice>(_ choices: [Choice]) -> Choice { choices[index(below: choices.count)] }

    /// A source of its own, so that what draws from it disturbs nobody else.
    public mutating func fork() -> SeededRandom { SeededRandom(seed: next()) }
}
