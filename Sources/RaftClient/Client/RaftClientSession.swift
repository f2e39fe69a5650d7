public import RaftCore
public import RaftMembership
import Synchronization

/// A session of a client with its cluster (D§6.3, rule W4): each command is applied exactly once, though it may be sent many
/// times. Only sessions try again where the outcome is unknown.
///
/// Opened with the first command, and again after it has expired. Any task; commands may be under way side by side. Close it
/// when it is not needed any more: the cluster keeps a bounded number of them.
public final class RaftClientSession: Sendable {
    private enum Phase {
        case closed
        /// Somebody opens it; the others wait.
        case opening([UInt64: CheckedContinuation<Void, Never>])
        case open(OpenedSession, SessionSerials)
    }

    private let client: RaftClient
    private let phase = Mutex(Phase.closed)
    private let nextWaiter = Atomic<UInt64>(0)
    /// Sessions that expired before a command was ever sent in them.
    private static let attempts = 3

    init(_ client: RaftClient) { self.client = client }

    /// Has `command`, as the machine's codec wrote it, applied exactly once. Attempts end with the client's time-out.
    /// - Returns: its output.
    /// - Throws: `RaftClientError`; its outcome is *unknown* only when the time-out came before an answer, or when the
    ///   session expired between two attempts.
    public func propose(_ command: [UInt8]) async throws(RaftClientError) -> [UInt8] {
        try await proposeForIndex(command).output
    }

    /// The same, with the command's index in the log, nil when the node does not tell.
    public func proposeForIndex(
        _ command: [UInt8]
    ) async throws(RaftClientError) -> (output: [UInt8], index: LogIndex?) {
        let end = ContinuousClock.now + client.options.timeout
        var attempt = 1
        while true {
            let session = try await opened(until: end)
            guard let call = call(in: session) else {
                // Another call found it expired.
                if !isOpen(session.id), attempt < Self.attempts {
                    attempt += 1
                    continue
                }
                let message = "as many commands of this session wait for an answer as it may have"
                throw RaftClientError(.overloaded, .rejected, message)
            }
            defer { ended(call) }
            do throws(RaftClientError) {
                return try await client.perform(.propose(command, as: call), timeout: Self.left(until: end)) {
                    response in response.bytes.map { ($0, response.index) }
                }
            } catch {
                guard error.code == .sessionExpired else { throw error }
                forget(session.id)
                // Not one attempt was made in it that counted: another session will do.
                guard error.outcome == .rejected, attempt < Self.attempts else { throw error }
                attempt += 1
            }
        }
    }

    /// Ends the session: nothing of it is kept any more. One that was not opened needs nothing; one that cannot be closed
    /// within a second expires.
    public func close() async {
        let timeout = min(client.options.timeout, .seconds(1))
        // One that is being opened at this moment is closed as well.
        await anotherOpens(until: ContinuousClock.now + timeout)
        let session: SessionID? = phase.withLock { phase in
            guard case .open(let opened, _) = phase else { return nil }
            phase = .closed
            return opened.id
        }
        guard let session else { return }
        _ = try? await client.perform(.close(session), timeout: timeout) { $0.bytes }
    }

    // MARK: The session

    private func opened(until end: ContinuousClock.Instant) async throws(RaftClientError) -> OpenedSession {
        while true {
            let known: OpenedSession? = phase.withLock { phase in
                if case .open(let session, _) = phase { session } else { nil }
            }
            if let known { return known }
            if isFirst() { return try await open(until: end) }
            await anotherOpens(until: end)
            guard !Task.isCancelled else {
                throw RaftClientError(.cancelled, .rejected, "the call was cancelled before anything was sent")
            }
            guard ContinuousClock.now < end else {
                let message = "no session was opened within \(client.options.timeout)"
                throw RaftClientError(.timedOut, .rejected, message)
            }
        }
    }

    /// Whether this call is the one that opens it.
    private func isFirst() -> Bool {
        phase.withLock { phase in
            guard case .closed = phase else { return false }
            phase = .opening([:])
            return true
        }
    }

    private func open(until end: ContinuousClock.Instant) async throws(RaftClientError) -> OpenedSession {
        do throws(RaftClientError) {
            let session = try await client.perform(.openSession, timeout: Self.left(until: end)) { $0.session }
            leave(.open(session, SessionSerials(session.limits)))
            return session
        } catch {
            leave(.closed)
            // The command was not sent.
            throw RaftClientError(error.code, .rejected, error.message, leader: error.leader)
        }
    }

    private func leave(_ next: Phase) {
        let waiting = phase.withLock { phase in
            defer { phase = next }
            if case .opening(let waiting) = phase { return waiting }
            return [:]
        }
        for (_, continuation) in waiting { continuation.resume() }
    }

    /// Waits while another call opens the session; not beyond `end`, nor when the task is cancelled.
    private func anotherOpens(until end: ContinuousClock.Instant) async {
        let isOpening = phase.withLock { phase in
            if case .opening = phase { true } else { false }
        }
        guard isOpening else { return }
        let waiter = nextWaiter.wrappingAdd(1, ordering: .relaxed).newValue
        let timer = Task { [self] in
            try? await Task.sleep(until: end, clock: .continuous)
            wake(waiter)
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = phase.withLock { phase in
                    guard case .opening(var waiting) = phase, !Task.isCancelled, ContinuousClock.now < end else {
                        return true
                    }
                    waiting[waiter] = continuation
                    phase = .opening(waiting)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            wake(waiter)
        }
        timer.cancel()
    }

    private func wake(_ waiter: UInt64) {
        let continuation = phase.withLock { phase -> CheckedContinuation<Void, Never>? in
            guard case .opening(var waiting) = phase else { return nil }
            defer { phase = .opening(waiting) }
            return waiting.removeValue(forKey: waiter)
        }
        continuation?.resume()
    }

    private func isOpen(_ id: SessionID) -> Bool {
        phase.withLock { phase in
            if case .open(let session, _) = phase { session.id == id } else { false }
        }
    }

    private func forget(_ id: SessionID) {
        phase.withLock { phase in
            if case .open(let session, _) = phase, session.id == id { phase = .closed }
        }
    }

    // MARK: Serials

    private func call(in session: OpenedSession) -> SessionCall? {
        phase.withLock { phase in
            guard case .open(let current, var serials) = phase, current.id == session.id, let serial = serials.take()
            else { return nil }
            phase = .open(current, serials)
            return SessionCall(session: current.id, serial: serial, lowestUnanswered: serials.lowestUnanswered)
        }
    }

    private func ended(_ call: SessionCall) {
        phase.withLock { phase in
            guard case .open(let current, var serials) = phase, current.id == call.session else { return }
            serials.end(call.serial)
            phase = .open(current, serials)
        }
    }

    private static func left(until end: ContinuousClock.Instant) -> Duration {
        max(.milliseconds(1), end - ContinuousClock.now)
    }
}

extension RaftClient {
    /// A session of its own, which is opened with its first command.
    public func makeSession() -> RaftClientSession { RaftClientSession(self) }

    /// Opens a session whose serials the caller keeps; `makeSession` is for all others.
    public func openSession() async throws(RaftClientError) -> OpenedSession {
        try await perform(.openSession) { $0.session }
    }

    /// Attempts at one command of a session, until its outcome is known or the time-out comes.
    /// - Returns: what the first attempt gave that was applied: its output, and its index in the log.
    public func propose(
        _ command: [UInt8], as call: SessionCall
    ) async throws(RaftClientError) -> (output: [UInt8], index: LogIndex?) {
        try await perform(.propose(command, as: call)) { response in response.bytes.map { ($0, response.index) } }
    }

    /// Closes a session that `openSession` opened.
    public func close(_ session: SessionID) async throws(RaftClientError) {
        _ = try await perform(.close(session)) { $0.bytes }
    }
}
