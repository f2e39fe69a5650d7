import RaftThreads

/// When a row warms up, measures and ends. Every client compares the clock with it, so that no client has to be told.
struct Schedule: Hashable, Sendable {
    let measureFrom: UInt64
    let end: UInt64

    /// Begins now; the warm-up takes a fifth of `seconds` and comes before them.
    init(seconds: Double) {
        let start = MonotonicClock.nanoseconds()
        measureFrom = start + UInt64(seconds * 0.2 * 1e9)
        end = measureFrom + UInt64(seconds * 1e9)
    }

    /// Whether something that ended at `instant` counts.
    func counts(_ instant: UInt64) -> Bool { instant >= measureFrom && instant <= end }
}
