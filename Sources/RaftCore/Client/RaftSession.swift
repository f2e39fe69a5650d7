import RaftMembership
import Synchronization

/// A client session (D§6.3, rule W4): its commands are applied exactly once, however often they are sent.
///
/// Any task. Commands of one session may be under way side by side; in which order they are applied is decided by the log.
public final class RaftSession<Machine: StateMachine>: Sendable {
    public let id: SessionID
    private let raft: Raft<Machine>
    private let serials: Mutex<SessionSerials>
    /// Between two attempts, in nanoseconds; doubled after each.
    private static var pauses: ClosedRange<UInt64> { 5_000_000...500_000_000 }

    init(_ opened: OpenedSession, on raft: Raft<Machine>) {
        id = opened.id
        self.raft = raft
        serials = Mutex(SessionSerials(opened.limits))
    }

    /// Has `command` applied exactly once, and returns what the machine answered.
    ///
    /// An attempt whose outcome is unknown is repeated, with the same serial, until this node tells the outcome. A node
    /// that does not lead rejects commands, as `Raft.propose` does; when it stopped leading in the middle, it is asked
    /// again until the time-out, for it may lead again.
    ///
    /// - Parameter timeout: for attempts, on the node's own clock.
    /// - Throws: `RaftError`. Of code `unknown` when the time-out came first; of code `sessionExpired` when the session is
    ///   not open any more and the command was never sent before.
    public func propose(
        _ command: Machine.Command, atMost timeout: Duration = .seconds(10)
    ) async throws -> Machine.Output {
        try await attempts(atMost: timeout, isForwarded: false) { [raft] call in
            try await raft.propose(command, as: call)
        }
    }

    /// The same for whoever can reach the other nodes: `attempt` has some node, best the leader, make an attempt with
    /// `Raft.propose(_:as:)`, and throws what that throws. It is called again after *unknown*, *notLeader* and
    /// *overloaded*, after a pause, until the time-out.
    public func propose<Output>(
        atMost timeout: Duration = .seconds(10), forwarding attempt: (SessionCall) async throws -> Output
    ) async throws -> Output {
        try await attempts(atMost: timeout, isForwarded: true, attempt)
    }

    /// Ends the session: its results are dropped, and its commands are not executed any more.
    /// - Throws: `RaftError`; a session that could not be closed expires.
    public func close() async throws {
        try await withCheckedThrowingContinuation { continuation in
            raft.closeSession(id) { continuation.resume(with: $0) }
        }
    }

    private func attempts<Output>(
        atMost timeout: Duration, isForwarded: Bool, _ attempt: (SessionCall) async throws -> Output
    ) async throws -> Output {
        guard let serial = serials.withLock({ $0.take() }) else {
            throw RaftError(.overloaded, "too many commands of session \(id) wait for their results")
        }
        // When it ends without a result, nobody asks for it any more.
        defer { serials.withLock { $0.end(serial) } }
        let environment = raft.driver.environment
        let deadline = environment.now() + Raft<Machine>.nanoseconds(timeout)
        var pause = Self.pauses.lowerBound
        var isUnknown = false
        while true {
            let call = SessionCall(
                session: id, serial: serial, lowestUnanswered: serials.withLock { min($0.lowestUnanswered, serial) })
            do {
                return try await attempt(call)
            } catch let error as RaftError {
                if error.code == .unknown { isUnknown = true }
                let mayHelp = [.unknown, .notLeader, .overloaded].contains(error.code)
                guard mayHelp, isUnknown || isForwarded, environment.now() + pause < deadline, !Task.isCancelled else {
                    throw isUnknown && error.outcome == .rejected ? Self.unknown(error) : error
                }
                await wait(pause)
                pause = min(2 * pause, Self.pauses.upperBound)
            }
        }
    }

    private func wait(_ nanoseconds: UInt64) async {
        // Ends early when the node does.
        _ = try? await raft.waitFor("a pause", atMost: .nanoseconds(Int64(clamping: nanoseconds))) { _ in false }
    }

    /// An earlier attempt may have been applied.
    private static func unknown(_ error: RaftError) -> RaftError {
        RaftError(
            .unknown, "an earlier attempt at the command may or may not be applied; the last one: \(error.message)",
            leader: error.leader)
    }
}
