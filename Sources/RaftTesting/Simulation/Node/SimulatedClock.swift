import RaftCore

/// A server's own clock: monotonic, with an offset and a rate of its own, and now and then a jump ahead, as after a
/// suspend.
struct SimulatedClock {
    private var anchor: Instant
    private var local: Instant
    /// Local nanoseconds in a million of the world's.
    private(set) var rate: UInt64 = 1_000_000

    init(now: Instant, offset: UInt64) {
        anchor = now
        local = now + offset
    }

    func time(at now: Instant) -> Instant {
        let span = now - anchor
        return local + (span / 1_000_000 * rate + span % 1_000_000 * rate / 1_000_000)
    }

    /// When the world will be so far that this clock shows `instant`.
    func worldTime(of instant: Instant) -> Instant {
        let span = instant - local
        return anchor + (span / rate * 1_000_000 + span % rate * 1_000_000 / rate + 1)
    }

    mutating func jump(by span: UInt64, at now: Instant) {
        local = time(at: now) + span
        anchor = now
    }

    mutating func run(at rate: UInt64, from now: Instant) {
        jump(by: 0, at: now)
        self.rate = rate
    }
}
