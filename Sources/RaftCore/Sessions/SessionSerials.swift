import RaftMembership

/// The serials of one session, on the side of its client (D§6.3): given out in order, and remembered until answered.
public struct SessionSerials: Sendable {
    private var next: UInt64 = 1
    /// Rising.
    private var waiting: [UInt64] = []
    private let window: UInt64

    /// - Parameter limits: those that the session was opened with: no more commands are under way than it keeps results for.
    public init(_ limits: SessionLimits) { window = UInt64(max(1, limits.results)) }

    /// The lowest serial without a result: the cluster drops results below it.
    public var lowestUnanswered: UInt64 { waiting.first ?? next }

    /// The serial of the next command; nil while too many wait for their results.
    public mutating func take() -> UInt64? {
        guard next - lowestUnanswered < window, next < wireBound - 1 else { return nil }
        defer { next += 1 }
        waiting.append(next)
        return next
    }

    /// The command's outcome is known, or nobody waits for it any more.
    public mutating func end(_ serial: UInt64) {
        if let at = waiting.firstIndex(of: serial) { waiting.remove(at: at) }
    }
}
