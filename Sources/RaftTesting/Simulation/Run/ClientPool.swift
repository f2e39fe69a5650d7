import RaftCore
import RaftMembership

/// Clients at work, each with one call at a time: they look for the leader, follow hints, give up after a while, and
/// write down what they saw.
///
/// Unchecked, because a simulation is confined to one thread.
final class ClientPool<Work: Workload>: @unchecked Sendable {
    struct Client {
        /// Whom it takes for the leader.
        var target: Int?
        /// The call it waits for; it may have given up on earlier ones.
        var waitsFor: Int?
        /// When it gives up on that one.
        var patienceEnds = Instant.distantFuture
        /// Its own chances.
        var random: SeededRandom
        /// Nil for those that use none.
        var session: Session?
        /// Its watch will be looked at: at most one event a client, however many calls it makes.
        var isWatching = false
    }

    struct Call {
        var client: Int
        /// Nil for one that opens a session.
        var operation: Work.Operation?
        var invoked: UInt64
        /// The command as it stands in the log; nil for a read.
        var payload: [UInt8]?
        var reading = ReadKind.linearizable
        /// Which command of which session it is an attempt at.
        var session: SessionCall?
        /// What a read must see (rule R1).
        var mustSee: LogIndex
        var life: SimulatedLife
        /// The client knows what became of it, or has given up.
        var isSettled = false
        /// The node has answered.
        var hasEnded = false
    }

    let cluster: SimulatedCluster<Work.Machine>
    let core: ClusterCore
    private var workload: Work
    private let plan: SimulationPlan
    var clients: [Client]
    var calls: [Call] = []
    var history: [WorkloadRecord<Work.Operation, Work.Answer>] = []
    private var rejected: [[UInt8]] = []
    private var isRunning = false
    var completed = 0
    var unknown = 0

    init(_ cluster: SimulatedCluster<Work.Machine>, _ workload: Work, _ plan: SimulationPlan) {
        self.cluster = cluster
        core = cluster.core
        self.workload = workload
        self.plan = plan
        clients = (0..<plan.clients).map { client in
            Client(
                random: SeededRandom(seed: plan.seed, of: .client, client), session: Self.session(of: client, plan))
        }
        core.ended = { [unowned self] in processEnded($0) }
    }

    func start() {
        isRunning = true
        for client in clients.indices { next(client) }
    }

    func stop() { isRunning = false }

    private func next(_ client: Int) {
        guard isRunning else { return }
        var pause = clients[client].random.next(in: plan.thinkTime)
        if let rest = plan.rest, completed >= 1000, clients[client].random.chance(50) {
            pause += clients[client].random.next(in: rest)
        }
        core.world.after(pause) { [unowned self] in call(client) }
    }

    // MARK: A call

    private func call(_ client: Int) {
        guard isRunning else { return }
        let node = core.nodes[clients[client].target ?? clients[client].random.index(below: core.nodes.count)]
        if clients[client].random.chance(50) { clients[client].target = nil }
        guard let life = node.life, let raft = cluster.raft(node) else {
            clients[client].target = nil
            next(client)
            return
        }
        if attempt(client, life, raft) { return }
        let operation = nextOperation(of: client)
        guard let command = workload.command(for: operation) else {
            read(operation, of: client, at: life, raft)
            return
        }
        guard let payload = try? Work.Machine.encode(command) else {
            preconditionFailure("a workload's command can be encoded")
        }
        if begin(operation, payload, client, life, raft) { return }
        let number = begin(operation, of: client, at: life)
        calls[number].payload = payload
        raft.propose(encoded: payload, indexed: { [unowned self] in proposed(number, $0) })
        wait(for: number)
    }

    /// Reads of every kind: those that only the leader answers there, the others anywhere.
    private func read(
        _ operation: Work.Operation, of client: Int, at life: SimulatedLife,
        _ raft: SimulatedCluster<Work.Machine>.Node
    ) {
        let (kind, isAnywhere) = ReadMix.next(onlyByLease: isLeaseReader(client), using: &clients[client].random)
        var (life, raft) = (life, raft)
        let other = core.nodes[clients[client].random.index(below: core.nodes.count)]
        if isAnywhere, let otherLife = other.life, let otherRaft = cluster.raft(other) {
            (life, raft) = (otherLife, otherRaft)
        }
        let number = begin(operation, of: client, at: life)
        calls[number].reading = kind
        raft.read(ReadGuarantee(kind: kind), proven: { [unowned self] in read(number, $0, $1) })
        wait(for: number)
    }

    private func isLeaseReader(_ client: Int) -> Bool { client >= plan.clients - plan.leaseReaders }

    /// Some only read, if the workload does at all.
    private func nextOperation(of client: Int) -> Work.Operation {
        var operation = workload.nextOperation(of: client, using: &clients[client].random)
        var attempts = 0
        while isLeaseReader(client), workload.command(for: operation) != nil, attempts < 32 {
            operation = workload.nextOperation(of: client, using: &clients[client].random)
            attempts += 1
        }
        return operation
    }

    private func begin(_ operation: Work.Operation, of client: Int, at life: SimulatedLife) -> Int {
        calls.append(
            Call(
                client: client, operation: operation, invoked: cluster.now,
                mustSee: core.properties.highestAcknowledged, life: life))
        clients[client].waitsFor = calls.count - 1
        return calls.count - 1
    }

    func wait(for number: Int) {
        guard !calls[number].isSettled else { return }
        let client = calls[number].client
        clients[client].patienceEnds = core.world.now + clients[client].random.next(in: 2_000_000_000...8_000_000_000)
        watch(client)
    }

    /// Gives up on the call that takes too long, sooner or later.
    private func watch(_ client: Int) {
        guard !clients[client].isWatching else { return }
        clients[client].isWatching = true
        core.world.at(clients[client].patienceEnds) { [unowned self] in
            clients[client].isWatching = false
            guard let number = clients[client].waitsFor else { return }
            if clients[client].patienceEnds <= core.world.now { giveUp(number) } else { watch(client) }
        }
    }

    func proposed(_ number: Int, _ result: Result<(output: Work.Machine.Output, index: LogIndex), RaftError>) {
        guard end(number), let payload = calls[number].payload, let operation = calls[number].operation else { return }
        switch result {
        case .success(let (output, index)):
            checkCommitted(payload, index)
            if let call = calls[number].session { checkFirst(call, output, at: index) }
            core.properties.highestAcknowledged = max(core.properties.highestAcknowledged, index)
            core.world.coverage.add(.proposalCommitted)
            settle(number, workload.answer(to: operation, output: output))
        case .failure(let error) where error.outcome == .rejected:
            core.world.coverage.add(.rejection(error))
            // Attempts in a session may be in the log and be passed over.
            if calls[number].session == nil { rejected.append(payload) }
            reject(number, error)
        case .failure:
            core.world.coverage.add(.proposalUnknown)
            settle(number, nil)
        }
    }

    /// Told no lie: what was committed there is this very command (rule W3).
    private func checkCommitted(_ payload: [UInt8], _ index: LogIndex) {
        guard let entry = core.properties.committedEntry(at: index),
            entry.withPayload(at: 0, { $0.elementsEqual(payload) })
        else {
            core.world.fail("W3", "a command is reported committed at \(index), where another one is")
            return
        }
    }

    private func read(
        _ number: Int, _ result: Result<WatchedMachine<Work.Machine>, RaftError>, _ proof: ReadProof?
    ) {
        guard end(number), let operation = calls[number].operation else { return }
        switch result {
        case .success(let watched):
            judge(calls[number], at: watched.position, proof)
            core.world.coverage.add(.readAnswered)
            settle(number, workload.answer(to: operation, reading: watched.machine))
        case .failure(let error):
            core.world.coverage.add(error.code == .tooStale ? .staleReadRefused : .readFailed)
            reject(number, error)
        }
    }

    /// What a read rests on, at the moment of its answer.
    private func judge(_ call: Call, at position: LogIndex, _ proof: ReadProof?) {
        core.properties.answeredRead(call.life.node)
        if case .stale(let age) = call.reading {
            core.world.coverage.add(.staleRead)
            core.properties.answeredStale(call.life.node, at: position, atMost: age)
            return
        }
        if proof == .lease { core.properties.answeredByLease(call.life.node) }
        switch call.reading {
        case .lease: core.world.coverage.add(proof == .lease ? .leaseRead : .leaseReadByRound)
        case .follower: core.world.coverage.add(.followerRead)
        default: break
        }
        guard position < call.mustSee else { return }
        core.world.fail(
            "R1",
            "node \(call.life.node.id) answers a \(call.reading) read at \(position) that must see \(call.mustSee)")
    }

    // MARK: Its end

    /// False when the process that answers is dead, so that nobody hears it.
    func end(_ number: Int) -> Bool {
        if calls[number].life.isDead { return false }
        if calls[number].hasEnded { core.world.fail("W1", "call \(number) ended twice") }
        calls[number].hasEnded = true
        core.world.trace.record(core.world.now, .call(calls[number].client, "call \(number) ends"))
        return true
    }

    private func settle(_ number: Int, _ answer: Work.Answer?) {
        let call = calls[number]
        guard !call.isSettled else { return }
        calls[number].isSettled = true
        guard call.session == nil, let operation = call.operation else {
            if let answer { settleAttempt(number, answer) } else { attemptIsUnknown(number) }
            if answer != nil { clients[call.client].target = call.life.node.index }
            return goOn(number)
        }
        if answer == nil { unknown += 1 } else { completed += 1 }
        // A read without an answer says nothing, and one that may be old is judged by its age.
        let mayBeOld = if case .stale = call.reading { true } else { false }
        if !mayBeOld && (answer != nil || call.payload != nil) {
            history.append(
                WorkloadRecord(
                    client: call.client, operation: operation, answer: answer, invoked: call.invoked,
                    returned: answer == nil ? nil : cluster.now))
        }
        let isLeaders = call.payload != nil || call.reading == .linearizable || call.reading == .lease
        if answer != nil, isLeaders { clients[call.client].target = call.life.node.index }
        goOn(number)
    }

    /// It never happened; the error may say who leads.
    func reject(_ number: Int, _ error: RaftError) {
        guard !calls[number].isSettled else { return }
        calls[number].isSettled = true
        attemptWasRejected(number, error)
        clients[calls[number].client].target = error.leader.map { Int($0.id.rawValue) - 1 }
        goOn(number)
    }

    func goOn(_ number: Int) {
        let client = calls[number].client
        guard clients[client].waitsFor == number else { return }
        clients[client].waitsFor = nil
        next(client)
    }

    private func giveUp(_ number: Int) {
        guard !calls[number].isSettled else { return }
        core.world.coverage.add(.callTimedOut)
        clients[calls[number].client].target = nil
        settle(number, nil)
    }

    /// Connections to a dead process break.
    private func processEnded(_ life: SimulatedLife) {
        for (client, state) in clients.enumerated() {
            guard let number = state.waitsFor, calls[number].life === life else { continue }
            clients[client].target = nil
            settle(number, nil)
        }
    }

    // MARK: Judgement

    /// Calls of living processes that never ended; nil when there are none (rules W1, R3).
    func openCalls() -> String? {
        guard let number = calls.firstIndex(where: { !$0.hasEnded && !$0.life.isDead }) else { return nil }
        let call = calls[number]
        return "call \(number) on node \(call.life.node.id), a \(call.payload == nil ? "read" : "proposal") made at "
            + "\(call.invoked / 1_000_000) ms, never ended"
    }

    /// - Throws: one line about what clients saw that cannot be.
    func judge() throws {
        var allowed: [[UInt8]: Int] = [:]
        for call in calls { if let payload = call.payload { allowed[payload, default: 0] += 1 } }
        for payload in rejected { allowed[payload, default: 0] -= 1 }
        for entry in core.properties.committed where entry.kind(at: 0) == .command {
            let payload = entry.withPayload(at: 0) { [UInt8]($0) }
            allowed[payload, default: 0] -= 1
            if allowed[payload, default: 0] < 0 {
                throw Violation(
                    property: "W1",
                    what: "the command at \(entry.firstIndex) was rejected, or proposed once and committed twice",
                    at: core.world.now)
            }
        }
        closeHistory()
        try workload.check(history)
    }
}
