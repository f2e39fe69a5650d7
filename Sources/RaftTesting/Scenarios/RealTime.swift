/// The time of levels whose time passes by itself.
public struct RealTime: Sendable {
    private let origin = ContinuousClock.now
    /// How long one step of a scenario may take.
    public let patience: Duration

    public init(patience: Duration) { self.patience = patience }

    /// Nanoseconds since this value was made, monotonic.
    public var now: UInt64 {
        let (seconds, attoseconds) = (ContinuousClock.now - origin).components
        return UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    }

    /// Asks every few milliseconds until `condition` holds.
    /// - Throws: `ScenarioFailure` of kind `overdue` when that takes longer than `patience`.
    public func advance(_ what: String, until condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + patience
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                throw ScenarioFailure(.overdue, "waited \(patience) for this: \(what)")
            }
            try await Task.sleep(nanoseconds: 5_000_000)
        }
    }
}
