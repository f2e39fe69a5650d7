import NIOCore
import RaftClient
import RaftCore
import RaftTracing

/// Every client connection of a node. Used on its loop.
final class ClientHub {
    let service: any ClientService
    /// What of it a session took over stays as it was when it began.
    var limits: ClientLimits
    let eventLoop: any EventLoop
    let outbox: ReplyOutbox
    /// Of all sessions together.
    let unread: UnreadAnswers
    let tally: ClientTally
    let tracer: Tracer
    private var sessions: [ObjectIdentifier: ClientSession] = [:]
    /// Those of them that have been told goodbye.
    private var leaving: Set<ObjectIdentifier> = []
    /// Sessions with something to write, until the end of this tick.
    private var dirty: [ClientSession] = []
    private var drained: EventLoopPromise<Void>?
    private var drainDeadline: Scheduled<Void>?
    /// Refusals are traced so many a second: whoever floods the listener does not flood the log.
    private static let refusalsPerSecond = 10
    private var refusals = (since: NIODeadline.uptimeNanoseconds(0), traced: 0, untold: 0)

    init(
        service: any ClientService, limits: ClientLimits, eventLoop: any EventLoop, tracer: Tracer,
        tally: ClientTally = ClientTally()
    ) {
        self.service = service
        self.limits = limits
        self.eventLoop = eventLoop
        self.tracer = tracer
        self.tally = tally
        outbox = ReplyOutbox(eventLoop: eventLoop)
        unread = UnreadAnswers(limit: limits.maximumUnreadBytes)
    }

    var isDraining: Bool { drained != nil }

    // MARK: Connections

    /// A connection was accepted at `address`.
    func accepted(_ channel: any Channel, at address: RaftAddress) throws {
        // Those that are turned away are heard to their end too, and are not without bound either.
        guard sessions.count < 2 * limits.maximumConnections else {
            throw TransportError("\(sessions.count) clients are connected or on their way out already")
        }
        let session = ClientSession(hub: self, address: address)
        sessions[ObjectIdentifier(session)] = session
        tally.connected()
        do {
            try channel.pipeline.syncOperations.addHandler(session)
        } catch {
            forget(session)
            throw error
        }
    }

    /// Why a connection that became active is not wanted, or nil.
    func objection() -> Goodbye? {
        if isDraining { return Goodbye(.stopping, "this node is shutting down") }
        guard sessions.count - leaving.count > limits.maximumConnections else { return nil }
        return Goodbye(.overloaded, "\(limits.maximumConnections) clients are connected already: try another node")
    }

    func greeted(_ session: ClientSession) {
        tracer.debug(.clientConnected, "a client connected", [.address("\(session.address)")])
    }

    func refused(_ reason: String, at address: RaftAddress) {
        tally.turnedAway()
        let now = NIODeadline.now()
        if now - refusals.since >= .seconds(1) { refusals = (now, 0, refusals.untold) }
        guard refusals.traced < Self.refusalsPerSecond else {
            refusals.untold += 1
            return
        }
        let untold = refusals.untold
        refusals = (refusals.since, refusals.traced + 1, 0)
        tracer.event(
            .clientRefused, "a client was turned away: \(reason)",
            [.address("\(address)"), .reason(reason)] + (untold > 0 ? [.count(untold)] : []))
    }

    func ended(_ session: ClientSession) {
        forget(session)
        if sessions.isEmpty { finishDraining() }
    }

    /// It is told nothing more, and takes nobody's place.
    func leaves(_ session: ClientSession) { leaving.insert(ObjectIdentifier(session)) }

    private func forget(_ session: ClientSession) {
        leaving.remove(ObjectIdentifier(session))
        if sessions.removeValue(forKey: ObjectIdentifier(session)) != nil { tally.disconnected() }
    }

    // MARK: Writing

    /// `session` has something to write: it is written at the end of this tick, together with what else comes in it.
    func markDirty(_ session: ClientSession) {
        dirty.append(session)
        if dirty.count == 1 { eventLoop.assumeIsolated().execute { [self] in flush() } }
    }

    private func flush() {
        let sessions = dirty
        dirty = []
        for session in sessions { session.flush() }
    }

    // MARK: The end

    /// Answers what is under way, turns away the rest and closes; after `limits.drainTimeout` at the latest.
    func drain() -> EventLoopFuture<Void> {
        if let drained { return drained.futureResult }
        let promise = eventLoop.makePromise(of: Void.self)
        drained = promise
        guard !sessions.isEmpty else {
            promise.succeed()
            return promise.futureResult
        }
        drainDeadline = eventLoop.assumeIsolated().scheduleTask(in: limits.drainTimeout.timeAmount) { [self] in
            for session in sessions.values { session.abandon() }
            finishDraining()
        }
        for session in sessions.values { session.drain() }
        return promise.futureResult
    }

    private func finishDraining() {
        drainDeadline?.cancel()
        drainDeadline = nil
        // A promise is kept once.
        if let drained, sessions.isEmpty { drained.succeed() }
    }
}

extension Duration {
    /// Rounded to nanoseconds; a bound of a century suits every limit.
    var timeAmount: TimeAmount {
        let (seconds, attoseconds) = components
        return .nanoseconds(min(max(seconds, 0), 3_000_000_000) * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
