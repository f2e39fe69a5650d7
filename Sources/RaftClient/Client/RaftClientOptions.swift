public import RaftTracing

/// How a `RaftClient` behaves.
public struct RaftClientOptions: Hashable, Sendable {
    /// How long a call tries before it fails.
    public var timeout: Duration = .seconds(5)
    /// Whether calls go where the leader is. Without it they go to the endpoints given, and *notLeader* is an error like
    /// any other.
    public var followsLeader = true
    /// Whether a call is tried again when every endpoint had its turn. Without it a call fails as soon as none could
    /// take it.
    public var retries = true
    /// A query that has no answer after so long is asked elsewhere, as long as the time-out allows.
    public var attemptTimeout: Duration = .seconds(1)
    /// Between two rounds of attempts; doubled after each, up to `maximumPause`.
    public var pause: Duration = .milliseconds(20)
    public var maximumPause: Duration = .milliseconds(500)
    /// Calls without an answer; one beyond them fails with *overloaded*.
    public var maximumOperations = 65_536
    /// What causes the calls of tasks that stand in no trace of their own; nil for nothing.
    public var trace: TraceContext?
    public var connection = ClientConnectionOptions()

    public init() {}
}
