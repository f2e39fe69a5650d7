import RaftCore

/// Pauses between attempts to connect (rule P5): they double up to a limit, and are spread so that members which lost
/// one another at the same time do not meet again and again at the same time.
struct Backoff {
    private let shortest: UInt64
    private let longest: UInt64
    private var current: UInt64
    private let broken: MutationSwitch

    /// In nanoseconds.
    init(shortest: UInt64, longest: UInt64, broken: MutationSwitch = MutationSwitch()) {
        self.broken = broken
        self.shortest = max(1, shortest)
        self.longest = max(self.shortest, longest)
        current = self.shortest
    }

    mutating func reset() { current = shortest }

    /// Nanoseconds to wait before the next attempt, between half of the present pause and the whole of it.
    mutating func next(random: UInt64) -> UInt64 {
        if broken.breaks(.redialWithoutPause) { return 0 }
        defer { current = min(longest, current * 2) }
        return current / 2 + random % (current / 2 + 1)
    }
}
