package import RaftMembership
package import RaftTracing
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
    private let final = Mutex<RaftMetrics?>(nil)

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
    var failure: RaftError?
    var isStopped = false
    /// Looks at the engine after each step; set before the node begins.
    package var probe: (any EngineProbe)?
    private var storageBatches: [StorageBatch] = []
    private var storageIDs: [WriteID] = []
    /// Where storage is written to on the driver's own lane.
    private var inlineSequence = WriteSequence()
    private var executing = Effects()
    private var contents = Mailbox.Contents()
    var proposed: [Proposal] = []
    private var armed = Instant.distantFuture
    /// Told to peers in greetings (rule M10).
    var toldTerm: Term
    let storage: any LogStorage
    let inlineStorage: Bool
    let onFailure: @Sendable (RaftError) -> Void
    private(set) lazy var writer = StorageWriter(
        storage: storage, lane: storageLane, group: engine.group, configuration: configuration,
        report: { [weak self] in self?.post(.storage($0)) })
    let storageLane: any Lane
    private let makeApplier: (Driver) -> any Applier
    private(set) lazy var applier = makeApplier(self)
    private lazy var alarm = Alarm(driver: self)
    /// Made when they are needed first: each has a lane of its own. Nil where storage keeps no snapshots.
    private(set) lazy var snapshotBuilder = storage.snapshots.map { store in
        SnapshotBuilder(store: store, group: engine.group, lane: makeSnapshotLane()) { [weak self] in
            self?.post(.snapshot($0))
        }
    }
    private(set) lazy var snapshotCarrier = storage.snapshots.map { store in
        SnapshotCarrier(store: store, group: engine.group, lane: makeSnapshotLane()) { [weak self] in
            self?.post(.snapshot($0))
        }
    }
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
        makeApplier: @escaping (Driver) -> any Applier, onFailure: @escaping @Sendable (RaftError) -> Void
    ) {
        self.engine = engine
        self.environment = environment
        self.transport = transport
        self.storage = storage
        self.storageLane = storageLane
        self.clusterName = clusterName
        ownClientAddresses = clientAddresses
        self.tracer = tracer
        self.makeApplier = makeApplier
        self.onFailure = onFailure
        configuration = engine.configuration
        node = engine.member.id
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

    func post(_ mail: Mail) { wake(mailbox.post(mail)) }

    func wake(_ posting: Mailbox.Posting) {
        switch posting {
        case .wake: environment.driverLane.schedule(self)
        case .wakeBehindOthers: environment.driverLane.scheduleBehindOthers(self)
        case .queued, .full, .closed: break
        }
    }

    /// The node's last state. The node has stopped, so it does not change any more.
    var finalMetrics: RaftMetrics { final.withLock { $0 } ?? metrics(environment.now()) }

    // MARK: The driver's lane

    private func takeIn(_ now: Instant) {
        for mail in contents.mail { take(mail, now) }
        contents.mail.removeAll(keepingCapacity: true)
        if !contents.proposals.isEmpty { propose(now) }
        for read in contents.reads { request(read, read.kind, now) }
        contents.reads.removeAll(keepingCapacity: true)
    }

    private func take(_ mail: Mail, _ now: Instant) {
        switch mail {
        case .envelopes(let envelopes): for envelope in envelopes { step(.received(envelope), now) }
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
        case .disconnected(let id): step(.disconnected(id), now)
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
        case .change(let request, let completion): change(request, completion, now)
        case .transfer(let target, let givesUp, let completion): transfer(to: target, givesUp, completion, now)
        case .status(let completion): completion(metrics(now))
        case .subscribe(let continuation, let id):
            continuation.yield(metrics(now))
            if isStopped { continuation.finish() } else { subscribers[id] = continuation }
        case .watch(let watcher, let id): watch(watcher, id, now)
        case .unsubscribe(let id):
            subscribers[id] = nil
            watchers.remove(id)
        case .stop(let completion): stop(completion, now)
        }
    }

    func step(_ input: Input, _ now: Instant) {
        engine.step(input, at: now, into: &effects)
        if let probe { probe.stepped(engine, input) } else { engine.checkInvariants() }
    }

    /// All proposals of a drain become one batch of entries.
    private func propose(_ now: Instant) {
        swap(&proposed, &contents.proposals)
        defer { proposed.removeAll(keepingCapacity: true) }
        if let failure {
            for proposal in proposed { proposal.fail(failureForCalls(failure)) }
            return
        }
        let isSpecial = proposed.contains { $0.isSpecial }
        if isSpecial { rejectFenced() }
        let room = max(0, configuration.inboxCalls - waiters.count - applierBacklog)
        for proposal in proposed.dropFirst(room) { proposal.fail(Self.overloaded) }
        if proposed.count > room { proposed.removeLast(proposed.count - room) }
        guard !proposed.isEmpty else { return }
        step(isSpecial ? .entriesProposed(drafts(of: proposed, now)) : .proposed(proposed.map(\.payload)), now)
        // The answers concern the proposals at hand, so they are carried out while these are.
        execute(now)
    }

    /// Proposals that may be appended in another term only.
    private func rejectFenced() {
        let term = engine.term
        proposed.removeAll { proposal in
            guard let fence = proposal.fence, fence != term else { return false }
            proposal.fail(
                RaftError(
                    .termChanged, "the term is \(term) and not \(fence): what the command was made from may be old"))
            return true
        }
    }

    private func request(_ read: MachineRead, _ kind: ReadKind, _ now: Instant) {
        // What the machine holds may be looked at as long as there is one.
        if let failure, kind != .anyAge || isStopped {
            read.fail(failureForCalls(failure))
            return
        }
        guard reads.count + applier.queuedCount < configuration.inboxCalls else {
            read.fail(Self.overloaded)
            return
        }
        if kind == .anyAge, !engine.isWitness || configuration.breaks(.readAtWitness) {
            applier.submit(.read(read, .round))
            return
        }
        lastRead += 1
        reads[lastRead] = read
        latencies.readRequested(lastRead, now)
        step(.readRequested(ReadID(rawValue: lastRead), kind), now)
    }

    /// Any thread: what the machine reports. A read that comes back to a node that has stopped ends here.
    func take(_ report: ApplyReport) {
        let posting = mailbox.post(.machine(report))
        wake(posting)
        if case .closed = posting, case .unproven(let read) = report { read.fail(Self.ended) }
    }

    /// Carries out what the steps so far have ordered.
    func execute(_ now: Instant) {
        while !effects.isEmpty {
            swap(&effects, &executing)
            readGate.publish(engine.leaseEnd(now))
            for effect in executing.list { carryOut(effect, now) }
            executing.removeAll()
        }
    }

    private func carryOut(_ effect: Effect, _ now: Instant) {
        switch effect {
        case .persist(let batch, let id):
            probe?.willPersist(batch)
            storageBatches.append(batch)
            storageIDs.append(id)
        case .send(let message, let member):
            transport.send(Envelope(group: engine.group, from: engine.member, to: member, message: message))
        case .probeDisk(let bytes): probeDisk(bytes)
        case .readEntries(let first, let last, let peer, let stream):
            guard first <= last else { return }
            flushStorage(now)
            writer.read(first..<last.next, for: peer, stream: stream)
        case .takeSnapshot(let order, let snapshot): takeSnapshot(order, snapshot)
        case .openSnapshot(let snapshot):
            // Opened here, before another snapshot can take its place.
            if let reader = try? storage.snapshots?.open(snapshot.id, of: engine.group) {
                snapshotCarrier?.submit(.keep(snapshot.id, reader))
            }
        case .readSnapshot(let snapshot, let offset, let count, let peer, let stream):
            readSnapshot(snapshot, offset, count, peer, stream)
        case .receiveSnapshot(let snapshot, let offset, let bytes): receiveSnapshot(snapshot, offset, bytes)
        case .dropReceived: snapshotCarrier?.submit(.drop)
        case .restore(let snapshot): restore(snapshot)
        case .snapshotEnded(let id, let outcome): snapshotEnded(id, outcome)
        case .apply(let index):
            latencies.committed(through: index, now)
            applier.submit(applyOrder(through: index))
        case .accepted(let first, let term, let count):
            latencies.appended(through: first + (count - 1), now)
            waiters.append(proposed.prefix(count), from: first, term: term)
            proposed.removeFirst(min(count, proposed.count))
        case .rejected(let count, let why):
            for proposal in proposed.prefix(count) { proposal.fail(error(for: why)) }
            proposed.removeFirst(min(count, proposed.count))
        case .abandon(let index): abandon(after: index)
        case .readReady(let id, let proof):
            latencies.readConfirmed(id.rawValue, now)
            if let read = reads.removeValue(forKey: id.rawValue) { applier.submit(.read(read, proof)) }
        case .readFailed(let id, let why):
            latencies.readFailed(id.rawValue)
            reads.removeValue(forKey: id.rawValue)?.fail(error(for: why))
        case .membershipChanged:
            adoptMark()
            transport.updatePeers(peers())
        case .identityChanged: transport.updateIdentity(identity)
        case .formation(let progress): formationProgressed(progress)
        case .changeEnded(let id, let outcome): changeEnded(id, outcome)
        case .transferEnded(let id, let outcome): transferEnded(id, outcome)
        case .fence(let reason): fail(reason, .nodeFenced)
        case .trace(let event):
            trace(event)
            noteForWatchers(event)
        }
    }

    private func applyOrder(through index: LogIndex) -> ApplyOrder {
        var entries: [EntryBatch] = []
        var next = orderedThrough.next
        // All of it from memory, or from storage what is not there any more. A machine far behind holds no entries in
        // memory: it will read them when it gets there.
        let mayHold = applierBacklog < 4 * configuration.applyBatch
        while mayHold, next <= index {
            let count = min(configuration.applyBatch, index - next + 1)
            guard let batch = engine.log.cachedEntries(from: next, maxCount: count) else {
                entries = []
                break
            }
            entries.append(batch)
            next = batch.lastIndex.next
        }
        orderedThrough = index
        return .apply(through: index, entries: entries, waiters: waiters.take(through: index))
    }

    lazy var orderedThrough = engine.log.base.index

    /// Entries ordered and not yet applied.
    private var applierBacklog: Int { max(0, orderedThrough - engine.appliedIndex) }

    private func abandon(after index: LogIndex) {
        latencies.abandoned(after: index)
        let lost = waiters.take(after: index)
        guard !lost.isEmpty, !configuration.breaks(.forgetAbandonedProposals) else { return }
        tracer.notice(
            .proposalsLost, "\(lost.count) proposals lost their leader, or its disk: their outcome is unknown",
            [.count(lost.count), .index(index.rawValue)])
        for waiter in lost { waiter.proposal.fail(abandoned) }
    }

    /// Everything written in this drain, as one group: on storage's lane, or here when that takes no time.
    func flushStorage(_ now: Instant) {
        // After a failure nothing counts any more (rule D2).
        guard failure == nil else {
            storageBatches.removeAll()
            storageIDs.removeAll()
            return
        }
        guard !storageBatches.isEmpty else { return }
        if configuration.breaks(.reportBeforeCommit) { for id in storageIDs { step(.persisted(id), now) } }
        guard inlineStorage else {
            writer.submit(&storageBatches, &storageIDs)
            return
        }
        do {
            let outcome = try inlineSequence.write(storageBatches, storageIDs) { try storage.commit($0) }
            storageBatches.removeAll(keepingCapacity: true)
            storageIDs.removeAll(keepingCapacity: true)
            for id in outcome.persisted { step(.persisted(id), now) }
            if !outcome.refused.isEmpty { step(.writesRefused(outcome.refused, outcome.reason), now) }
        } catch {
            fail("storage failed: \(error)", .storageFailed)
        }
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
            } while !effects.isEmpty
            transport.flush()
            arm(engine.nextDeadline)
            followMarks(now)
            readGate.publish(engine.leaseEnd(now))
            publish(now)
            tellWatchers()
            if isStopped {
                final.withLock { $0 = metrics(now) }
                let left = mailbox.close()
                let error = RaftError(.stopped, "the node is shutting down")
                for proposal in left.proposals { proposal.fail(error) }
                for read in left.reads { read.fail(error) }
                for mail in left.mail { refuse(mail, error) }
                return
            }
        }
        environment.driverLane.schedule(self)
    }

    private func refuse(_ mail: Mail, _ error: RaftError) {
        switch mail {
        case .bootstrap(_, _, let completion): completion(.failure(error))
        case .change(_, let completion): completion(.failure(error))
        case .transfer(_, _, let completion): completion(.failure(error))
        case .snapshotCall(_, let completion): completion(.failure(error))
        case .status(let completion): completion(metrics(environment.now()))
        case .subscribe(let continuation, _): continuation.finish()
        case .watch(let watcher, _): watcher.finish()
        case .machine(.unproven(let read)): read.fail(error)
        case .stop(let completion): completion()
        default: break
        }
    }
}

extension Driver: TransportReceiver {
    package func received(_ envelopes: [Envelope]) { wake(mailbox.post(envelopes: envelopes)) }
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
