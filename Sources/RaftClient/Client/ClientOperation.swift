import NIOCore
import RaftCore

/// One call on a client, from its first attempt to its outcome. Used on its loop.
final class ClientOperation {
    private enum Phase {
        /// Waits for a connection, or for a pause to end.
        case waiting
        /// The request was handed to a connection.
        case sent(ClientConnection, call: UInt64?)
        case done
    }

    private let request: ClientRequest
    private let router: ClientRouter
    private let timeout: Duration
    private let completion: ClientConnection.Completion
    private var phase = Phase.waiting
    private var timers: [Scheduled<Void>] = []
    private var attemptTimer: Scheduled<Void>?
    /// Attempts since the last pause.
    private var attempts = 0
    private var pause: Duration
    /// Which attempt it is: what belongs to an earlier one is ignored.
    private var generation = 0
    /// Why the last attempt failed.
    private var lastError: RaftClientError?
    /// An attempt may have been applied though nobody said so.
    private var isUnknown = false

    init(
        _ request: ClientRequest, router: ClientRouter, timeout: Duration,
        completion: @escaping ClientConnection.Completion
    ) {
        self.request = request
        self.router = router
        self.timeout = timeout
        self.completion = completion
        pause = router.options.pause
    }

    func start() {
        let deadline = schedule(in: timeout) { [weak self] in self?.deadlineReached() }
        timers.append(deadline)
        attempt(at: router.target(for: request))
    }

    // MARK: Attempts

    private func attempt(at address: RaftAddress) {
        generation += 1
        attempts += 1
        phase = .waiting
        let generation = generation
        router.connection(to: address) { [weak self] result in
            guard let self, self.generation == generation, case .waiting = phase else { return }
            switch result {
            case .success(let connection): send(on: connection)
            case .failure(let error):
                // A node that speaks something else will not learn: with one endpoint there is no point in going on.
                if error.code == .protocolBroken, router.endpoints.count == 1 { return finish(.failure(error)) }
                retry(after: error, at: address)
            }
        }
    }

    private func send(on connection: ClientConnection) {
        let generation = generation
        // A call that fails at once does so before `call` returns.
        phase = .sent(connection, call: nil)
        let call = connection.call(request) { [weak self] result in
            guard let self, self.generation == generation, case .sent = phase else { return }
            attemptTimer?.cancel()
            switch result {
            case .success(let response):
                if request.wantsLeader { router.confirmed(connection.address) }
                if let offer = response.backup { router.offered(offer.snapshot.id, at: connection.address) }
                finish(.success(response))
            case .failure(let error): failed(error, at: connection.address)
            }
        }
        guard self.generation == generation, case .sent = phase, let call else { return }
        phase = .sent(connection, call: call)
        guard request.isRepeatable, router.options.attemptTimeout < timeout else { return }
        attemptTimer = schedule(in: router.options.attemptTimeout) { [weak self] in
            guard let self, self.generation == generation, case .sent = phase else { return }
            connection.forget(call)
            isUnknown = request.isChange
            let message = "\(connection.address) did not answer in time"
            retry(after: RaftClientError(.timedOut, .unknown, message), at: connection.address)
        }
    }

    private func failed(_ error: RaftClientError, at address: RaftAddress) {
        if error.outcome == .unknown, request.isChange { isUnknown = true }
        switch error.code {
        case .notLeader where router.options.followsLeader:
            if let hint = error.leader, let leader = router.learned(hint), leader != address {
                lastError = error
                return attempts <= router.endpoints.count + 1 ? attempt(at: leader) : rest()
            }
            router.avoid(address)
            lastError = error
            // Nobody leads yet, or nobody knows: an election takes its time.
            rest()
        case .overloaded, .diskFull:
            // Full disks may be in the way for a moment only: leadership goes to a node with room.
            lastError = error
            rest()
        case .unconfirmed, .tooStale:
            // Another node may be further on.
            guard router.options.followsLeader else { return finish(.failure(error)) }
            retry(after: error, at: address)
        case .stopped, .removed, .notFormed, .connectionLost, .unknown, .failed:
            guard error.outcome == .rejected || request.isRepeatable else { return finish(.failure(error)) }
            guard router.options.followsLeader || error.code == .connectionLost else { return finish(.failure(error)) }
            retry(after: error, at: address)
        default:
            finish(.failure(error))
        }
    }

    /// Elsewhere at once, until every endpoint had its turn; then after a pause.
    private func retry(after error: RaftClientError, at address: RaftAddress) {
        lastError = error
        router.avoid(address)
        // What it keeps for us nobody else has: a backup is begun anew.
        if case .backupChunk = request.kind, error.code != .timedOut {
            return finish(.failure(RaftClientError(.connectionLost, .rejected, error.message)))
        }
        if attempts < router.endpoints.count { attempt(at: router.target(for: request)) } else { rest() }
    }

    private func rest() {
        if !router.options.retries, let lastError {
            let outcome: RaftError.Outcome = request.isChange ? lastError.outcome : .rejected
            return finish(
                .failure(RaftClientError(lastError.code, outcome, lastError.message, leader: lastError.leader)))
        }
        generation += 1
        phase = .waiting
        attempts = 0
        // Many clients that lost the same leader do not come back in step.
        let nanoseconds = pause / .nanoseconds(1)
        let wait = Duration.nanoseconds(Int64(nanoseconds * Double.random(in: 0.5...1)))
        pause = min(pause * 2, router.options.maximumPause)
        let generation = generation
        attemptTimer = schedule(in: wait) { [weak self] in
            guard let self, self.generation == generation, case .waiting = phase else { return }
            attempt(at: router.target(for: request))
        }
    }

    // MARK: The end

    private func deadlineReached() {
        let after = "within \(timeout)"
        // It hangs, perhaps: the next call is for another.
        if case .sent(let connection, _) = phase { router.avoid(connection.address) }
        if case .sent = phase, request.isChange {
            return giveUp(.timedOut, "no answer \(after)")
        }
        let error = lastError
        let why = error.map { ": \($0.message)" } ?? ""
        let telling: [RaftClientError.Code] = [
            .notLeader, .overloaded, .diskFull, .notFormed, .unconfirmed, .tooStale,
        ]
        if let error, telling.contains(error.code) {
            giveUp(error.code, "\(error.message) (tried \(after))")
        } else {
            giveUp(.unreachable, "no node answered \(after)\(why)")
        }
    }

    /// Ends the call without an answer.
    func giveUp(_ code: RaftClientError.Code, _ message: String) {
        if case .done = phase { return }
        var outcome = RaftError.Outcome.rejected
        if case .sent(let connection, let call) = phase, let call, connection.forget(call), request.isChange {
            outcome = .unknown
        }
        if isUnknown { outcome = .unknown }
        let advice = outcome == .unknown ? ": it may or may not be done; read before you repeat it" : ""
        finish(.failure(RaftClientError(code, outcome, message + advice, leader: lastError?.leader)))
    }

    private func finish(_ result: Result<ClientResponse, RaftClientError>) {
        if case .done = phase { return }
        phase = .done
        generation += 1
        for timer in timers { timer.cancel() }
        timers = []
        attemptTimer?.cancel()
        if isUnknown, case .failure(var error) = result, error.outcome == .rejected {
            error.outcome = .unknown
            error.message += "; an earlier attempt may or may not be applied: read before you repeat it"
            return completion(.failure(error))
        }
        completion(result)
    }

    private func schedule(in duration: Duration, _ task: @escaping () -> Void) -> Scheduled<Void> {
        router.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(duration), task)
    }
}
