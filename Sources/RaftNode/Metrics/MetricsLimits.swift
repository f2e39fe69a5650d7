/// Bounds of the listener for metrics.
package struct MetricsLimits: Hashable, Sendable {
    /// Connections at a time; one more is answered 503.
    package var maximumConnections = 16
    /// For a request to come whole; else it is answered 408.
    package var requestTimeout: Duration = .seconds(5)
    /// For an answer to be taken; else the connection is closed.
    package var answerTimeout: Duration = .seconds(10)
    /// TCP beyond loopback is refused without it (rule N3).
    package var allowInsecureTCP = false

    package init() {}
}
