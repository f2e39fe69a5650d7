package import RaftMembership
import RaftTracing
import Synchronization

/// Runs one engine: takes what came in, steps the engine, and carries out its effects in order. Free of threads, clocks
/// and sockets: it runs wherever its environment runs it, in a simulation too.
///
/// Everything but the mailbox is confined to the driver's lane: `run` is scheduled by whoever finds the mailbox idle, and
/// by nobody else until the mailbox has been found empty, so it never runs twice at once, and the mailbox's lock orders
/// one run before the next. That is what the unchecked conformance rests on.
package final class Driver: @unchecked Sendable {
    let environment: any Environment
    let transport: any Transport
    let tracer: Tracer
    package let clusterName: String
    let ownClientAddresses: [String]
    let mailbox: Mailbox
    let configuration: RaftConfiguration
    package let node: NodeID
    /// What the node last was, for those who ask after its end.
    private let final = Mutex<RaftStatistics?>(nil)
    let proposalTally = ProposalTally()
    let inboxDropped = Atomic<UInt64>(0)
    let started: Instant

    // Confined to the driver's lane.
    package internal(set) var engine: RaftEngine
    var effects = Effects()
    var waiters = WaiterQueue()
    var reads: [UInt64: MachineRead] = [:]
    var lastRead: UInt64 = 0
    var bootstraps: [UInt64: @Sendable (Result<ClusterID, RaftError>) -> Void] = [:]
    /// The call whose input is being stepped: a refusal of the call alone ends it and no other.
    var currentBootstrap: UInt64?
    var changes = WaitingCalls<LoggedMembership>()
    var transfers = WaitingCalls<NodeID>()
    var snapshotCalls = WaitingCalls<(snapshot: Snapshot, purged: LogIndex)>()
    var clientAddresses: [NodeID: [String]] = [:]
    var subscribers: [UInt64: AsyncStream<RaftMetrics>.Continuation] = [:]
    var publishedMetrics: RaftMetrics?
    var watchers = Watchers()
    var latencies = LatencyTracker()
    /// How the peers stood when that was traced last.
    var tracedModes: [Progress.Mode] = []
    var tracedLease = false
    var tally = DriverTally()
    var failure: RaftError?
    var isStopped = false
    /// Looks at the engine after each step; set before the node begins.
    package var probe: (any EngineProbe)?
    var storageBatches: [StorageBatch] = []
    var storageIDs: [WriteID] = []
    /// Where storage is written to on the driver's own lane.
    var inlineSequence = WriteSequence()
    /// On disk when it was made.
    let recoveredHardState: HardState
    var executing = Effects()
    var contents = Mailbox.Contents()
    var proposed: [Proposal] = []
    /// Whether one of them is of a trace that is recorded.
    var isTraced = false
    /// Nil where spans go nowhere.
    private(set) lazy var spans = DriverSpans(tracer)
    /// The last entry that the machine was ordered to apply.
    lazy var orderedThrough = engine.log.base.index
    private var armed = Instant.distantFuture
    /// Told to peers in greetings (rule M10).
    var toldTerm: Term
    let storage: any LogStorage
    let inlineStorage: Bool
    let onFailure: @Sendable (RaftError) -> Void
    let pulse: RaftPulse
    private(set) lazy var storageBeat = Job { [pulse] in pulse.wrote() }
    private(set) lazy var writer = StorageWriter(
        storage: storage, lane: storageLane, group: engine.group, configuration: configuration, pulse: pulse,
        clock: { [environment] in environment.now() }, report: { [weak self] in self?.post(.storage($0)) })
    let storageLane: any Lane
    private let makeApplier: (Driver) -> any Applier
    private(set) lazy var applier = makeApplier(self)
    private lazy var alarm = Alarm(driver: self)
    /// Made when they are needed first: each has a lane of its own. Nil where storage keeps no snapshots.
    private(set) lazy var snapshotBuilder = storage.snapshots.map { store in
        SnapshotBuilder(store: store, group: engine.group, lane: makeSnapshotLane(), pulse: pulse) { [weak self] in
            self?.post(.snapshot($0))
        }
    }
    private(set) lazy var snapshotCarrier = storage.snapshots.map { store in
        SnapshotCarrier(store: store, group: engine.group, lane: makeSnapshotLane()) { [weak self] in
            self?.post(.snapshot($0))
        }
    }
    /// Whose bodies the carrier keeps open.
    var sentSnapshots: Set<SnapshotID> = []
    /// Lanes of snapshots, to be stopped with the node.
    private let snapshotLanes = Mutex<[any Lane]>([])
    /// Where the storage has a mark beside it.
    private(set) lazy var markKeeper = (storage as? MarkedStorage).map { marked in
        MarkKeeper(storage: marked, lane: storageLane) { [weak self] in self?.post(.storage($0)) }
    }
    let lives: LifeMemory
    let readGate: ReadGate
    var sessionClock = SessionClock()
    let sessionGauge = SessionGauge()

    init(
        engine: RaftEngine, environment: any Environment, transport: any Transport, storage: any LogStorage,
        storageLane: any Lane, clusterName: String, clientAddresses: [String], tracer: Tracer,
        pulse: RaftPulse = RaftPulse(), makeApplier: @escaping (Driver) -> any Applier,
        onFailure: @escaping @Sendable (RaftError) -> Void
    ) {
        self.engine = engine
        recoveredHardState = engine.hard
        self.environment = environment
        self.transport = transport
        self.storage = storage
        self.storageLane = storageLane
        self.clusterName = clusterName
        ownClientAddresses = clientAddresses
        self.tracer = tracer
        self.pulse = pulse
        self.makeApplier = makeApplier
        self.onFailure = onFailure
        configuration = engine.configuration
        node = engine.member.id
        started = environment.now()
        toldTerm = engine.term
        readGate = ReadGate(environment: environment, configuration: engine.configuration)
        lives = LifeMemory(
            own: NodeLife(
                startCounter: engine.hard.startCounter, nonce: environment.random(), term: engine.term))
        inlineStorage = storage.commitsInstantly
        mailbox = Mailbox(
            maximumCalls: configuration.inboxCalls, maximumEnvelopes: configuration.inboxMessages)
    }

    // MARK: Any thread

    /// Puts the start before everything that may come, and lets nothing wake the driver until `begin`: a transport delivers
    /// from the moment on that it listens, and before its start a server knows neither what it promised (rule R6) nor
    /// that its machine needs the state of a snapshot first (rule S2).
    func awaitStart() { _ = mailbox.post(.started) }

    func begin() { environment.driverLane.schedule(self) }

    func post(_ mail: Mail) { wake(mailbox.post(mail)) }

    func wake(_ posting: Mailbox.Posting) {
        switch posting {
        case .wake: environment.driverLane.schedule(self)
        case .wakeBehindOthers: environment.driverLane.scheduleBehindOthers(self)
        case .queued, .full, .closed: break
        }
    }

    /// The node's last state. The node has stopped, so it does not change any more.
    var finalStatistics: RaftStatistics { final.withLock { $0 } ?? statistics(environment.now()) }

    // MARK: The driver's lane

    private func takeIn(_ now: Instant) {
        for mail in contents.mail { take(mail, now) }
        contents.mail.removeAll(keepingCapacity: true)
        if !contents.proposals.isEmpty { propose(now) }
        for read in contents.reads {
            tally.read(read.kind)
            request(read, read.kind, now)
        }
        contents.reads.removeAll(keepingCapacity: true)
    }

    private func take(_ mail: Mail, _ now: Instant) {
        switch mail {
        case .envelopes(let envelopes): for envelope in envelopes { receive(envelope, now) }
        case .storage(.persisted(let ids)):
            latencies.written(since: engine.times.writes.first?.submitted, now)
            for id in ids { step(.persisted(id), now) }
        case .storage(.refused(let ids, let reason)): step(.writesRefused(ids, reason), now)
        case .storage(.probed(let hasRoom)): step(.diskProbed(hasRoom: hasRoom), now)
        case .storage(.read(let batch, let peer, let stream)):
            step(.entriesRead(batch, for: peer, stream: stream), now)
        case .storage(.failed(let error)): fail("storage failed: \(error)", .storageFailed)
        case .machine(.applied(let index)):
            latencies.applied(through: index, now)
            tally.applied(through: index, after: engine.appliedIndex)
            step(.applied(through: index), now)
        case .machine(.missing(let index)):
            // The log is replaced by a snapshot that came from the leader, and the machine next (rule S2).
            if engine.snapshots.newest.map({ $0.last.index < index }) ?? true {
                fail("log entry \(index) is missing, and no snapshot covers it", .storageFailed)
            }
        case .machine(.unproven(let read)): request(read, .linearizable, now)
        case .machine(.sessionOpened(let session)): sessionOpened(session)
        case .machine(.sessionsExpired(let count, let index)): sessionsExpired(count, at: index)
        case .machine(.failed(let index, let error)):
            fail("the state machine failed at index \(index): \(error)", .nodeFenced)
        case .snapshot(let report): take(report, now)
        case .snapshotCall(let compacts, let completion): requestSnapshot(compacts: compacts, completion, now)
        case .refusedAsAmnesiac(let peer, let reason): foundAmnesiac(by: peer, reason)
        case .connected(let member, let addresses):
            clientAddresses[member.id] = addresses
            step(.connected(member), now)
        case .disconnected(let id):
            spans?.disconnected(id)
            step(.disconnected(id), now)
        case .futureMessage(let id, let reason): step(.futureMessage(id, reason), now)
        case .alarm:
            armed = .distantFuture
            if now >= engine.nextDeadline { step(.deadlineReached, now) }
        case .started: step(.started, now)
        case .bootstrap(let id, let members, let completion):
            guard bootstraps.count < 64 else {
                completion(.failure(RaftError(.overloaded, "too many calls to form the cluster wait already")))
                return
            }
            bootstraps[id] = completion
            execute(now)
            currentBootstrap = id
            step(.bootstrapRequested(members), now)
            execute(now)
            currentBootstrap = nil
        case .cancelBootstrap(let id):
            bootstraps.removeValue(forKey: id)?(
                .failure(RaftError(.unknown, "the call to form the cluster was cancelled: it may be formed yet")))
        case .change(let request, let trace, let completion): change(request, trace, completion, now)
        case .transfer(let target, let givesUp, let completion): transfer(to: target, givesUp, completion, now)
        case .status(let completion): completion(metrics(now))
        case .statistics(let completion): completion(statistics(now))
        case .subscribe(let continuation, let id):
            continuation.yield(metrics(now))
            if isStopped { continuation.finish() } else { subscribers[id] = continuation }
        case .watch(let watcher, let id): watch(watcher, id, now)
        case .unsubscribe(let id):
            subscribers[id] = nil
            watchers.remove(id)
        case .beat: beat()
        case .stop(let completion): stop(completion, now)
        }
    }

    func step(_ input: Input, _ now: Instant) {
        let before = beginTracing(input)
        engine.step(input, at: now, into: &effects)
        endTracing(since: before)
        if let probe { probe.stepped(engine, input) } else { engine.checkInvariants() }
    }

    /// Any thread: lets go of the lanes of snapshots.
    func stopSnapshotLanes() {
        for lane in snapshotLanes.withLock({ $0 }) { lane.stop() }
    }

    /// A snapshot that is being written or restored comes to nothing.
    func cancelSnapshots() {
        if !snapshotLanes.withLock({ $0.isEmpty }) { snapshotBuilder?.cancel() }
    }

    private func makeSnapshotLane() -> any Lane {
        let lane = environment.makeLane(for: .snapshot)
        snapshotLanes.withLock { $0.append(lane) }
        return lane
    }

    private func arm(_ deadline: Instant) {
        guard deadline < armed, !isStopped else { return }
        armed = deadline
        environment.driverLane.schedule(alarm, at: deadline)
    }
}

extension Driver: Runnable {
    package func run() {
        // Bounded, so that a loop shared with sockets gets to its other work.
        for _ in 0..<16 {
            guard mailbox.drain(into: &contents) else { return }
            let now = environment.now()
            takeIn(now)
            repeat {
                execute(now)
                // The requests leave before the disk's thread is woken, which may take this thread's core.
                if !inlineStorage { transport.flush() }
                flushStorage(now)
                execute(now)
                if applier.isInline { applier.run() }
            } while !effects.isEmpty || !storageBatches.isEmpty
            transport.flush()
            arm(engine.nextDeadline)
            closeSnapshots()
            followMarks(now)
            let lease = engine.leaseEnd(now)
            readGate.publish(lease)
            traceLease(lease > now)
            publish(now)
            spans?.follow(engine)
            tellWatchers()
            if isStopped {
                final.withLock { $0 = statistics(now) }
                let left = mailbox.close()
                let error = RaftError(.stopped, "the node is shutting down")
                for proposal in left.proposals { proposalTally.fail(proposal, error) }
                for read in left.reads { read.fail(error) }
                for mail in left.mail { refuse(mail, error) }
                return
            }
        }
        environment.driverLane.schedule(self)
    }

}

extension Driver: TransportReceiver {
    package func received(_ envelopes: [Envelope]) {
        let posting = mailbox.post(envelopes: envelopes)
        if case .full = posting { inboxDropped.wrappingAdd(UInt64(envelopes.count), ordering: .relaxed) }
        wake(posting)
    }
    package func connected(_ member: Member, clientAddresses: [String]) {
        post(.connected(member, clientAddresses: clientAddresses))
    }
    package func disconnected(_ id: NodeID) { post(.disconnected(id)) }
    package func receivedFromTheFuture(_ id: NodeID, _ reason: String) { post(.futureMessage(id, reason)) }
}

/// Turns the driver's timer into mail.
private final class Alarm: Runnable {
    private let post: @Sendable () -> Void
    // A timer may outlive its node.
    init(driver: Driver) { post = { [weak driver] in driver?.post(.alarm) } }
    func run() { post() }
}
