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

    /// A source for one of many things of one seed, whatever other things there are and however much those draw: what is
    /// left out of a run leaves the chances of the rest alone.
    init(seed: UInt64, of owner: RandomOwner, _ first: Int = 0, _ second: UInt64 = 0) {
        state = seed
        for word in [owner.rawValue, UInt64(first), second] { state = next() ^ word &* 0xD6E8_FEB8_6659_FD93 }
        state = next()
    }

    /// A source of its own, so that what draws from it disturbs nobody else.
    public mutating func fork() -> SeededRandom { SeededRandom(seed: next()) }
}

/// Who draws random numbers in a simulation.
enum RandomOwner: UInt64 {
    case cluster = 1
    /// A link, by its ends.
    case link
    /// Parts of one process, by its server and the time of its start.
    case process, disk, machine
    /// What becomes of a server between its processes.
    case server
    case client, administrator
    /// How long a process listens before it has begun.
    case start
    /// How true clocks are.
    case clocks
    /// A client's use of sessions.
    case session
}
