import RaftCore
import RaftMembership
import RaftTesting

/// Servers, network, disks and time in one value of chance: a seed decides everything, so that any run can be had again.
///
/// After each step of any engine the properties of `ClusterProperties` are checked.
final class EngineCluster {
    enum Event {
        case deliver(Envelope, cluster: ClusterID?)
        case timer(Int, life: Int)
        case diskDone(Int, life: Int)
        case tell(Int, life: Int, WriteID)
        case machine(Int, life: Int)
        case entriesRead(Int, life: Int, EntryBatch, NodeID, UInt32)
        case connect(Int, Int)
        case restart(Int)
        case client
        case fault
        case operatorCall
    }

    let seed: UInt64
    var options: ClusterOptions
    var random: RandomNumbers
    var now = Instant(nanoseconds: 1_000_000_000)
    var nodes: [SimulatedNode] = []
    var queue = EventQueue<Event>()
    var properties: ClusterProperties
    /// Blocked directions, by sender and receiver.
    var blocked: Set<[Int]> = []
    /// Clients and faults go on while this holds.
    var isTroubled = false
    var clientsRun = false
    /// How many steps engines took.
    private(set) var steps = 0
    /// When set, the server that takes this step crashes right after it.
    var crashAtStep: Int?
    private var effects = Effects()
    private var inputs: [Input] = []
    private var lastRead: UInt64 = 0

    init(seed: UInt64, options: ClusterOptions? = nil) throws {
        self.seed = seed
        random = RandomNumbers(seed: seed)
        self.options = options ?? ClusterOptions.random(&random)
        let count = self.options.nodes
        properties = ClusterProperties(nodes: count)
        let members = (0..<count).map {
            Member(id: NodeID(UInt64($0 + 1)), incarnation: Incarnation(random.next(in: 1...1 << 40)))
        }
        for (index, member) in members.enumerated() {
            nodes.append(
                SimulatedNode(index: index, member: member, disk: SimulatedDisk(hardState: HardState(member: member))))
        }
        if self.options.isFormed { try form(members) }
        for node in nodes { try start(node) }
    }

    /// What a formation leaves behind on every disk.
    private func form(_ members: [Member]) throws {
        let cluster = ClusterID(high: 1, low: seed)
        let membership = try Membership(
            members: members.map { Membership.Record(member: $0, addresses: ["memory:\($0.id)"]) },
            voters: members.map(\.id))
        var builder = EntryBatchBuilder(firstIndex: 1)
        let payload = ConfigurationPayload(cluster: cluster, membership: membership)
        builder.append(.configuration, term: 1, payload: MembershipCodec.encode(payload))
        let entry = builder.finish()
        for node in nodes {
            let hard = HardState(cluster: cluster, member: node.member, term: 1, commitHint: 1)
            try node.disk.write(StorageBatch(group: .first, entries: entry, hardState: hard))
        }
        properties.assumeCommitted(entry)
    }

    var formationMembers: [FormationMember] {
        nodes.map { FormationMember(id: $0.member.id, addresses: ["memory:\($0.member.id)"]) }
    }

    func chance(_ thousandths: UInt64) -> Bool { random.next(in: 1...1000) <= thousandths }

    // MARK: Time

    /// Lets events happen until `span` nanoseconds have passed, or until `isDone`; true when it was done.
    @discardableResult
    func run(for span: UInt64, until isDone: () -> Bool = { false }) throws -> Bool {
        let end = now + span
        while let next = queue.next, next <= end {
            if isDone() { return true }
            guard let (at, event) = queue.removeFirst() else { break }
            now = at
            try happen(event)
        }
        if isDone() { return true }
        now = end
        return false
    }

    private func happen(_ event: Event) throws {
        switch event {
        case .deliver(let envelope, let cluster): try deliver(envelope, cluster)
        case .timer(let index, let life):
            let node = nodes[index]
            guard node.life == life, let engine = node.engine else { return }
            node.armed = .distantFuture
            if now >= engine.nextDeadline { try step(node, .deadlineReached) } else { arm(node) }
        case .diskDone(let index, let life): if nodes[index].life == life { try diskDone(nodes[index]) }
        case .tell(let index, let life, let id):
            if nodes[index].life == life { try step(nodes[index], .persisted(id)) }
        case .machine(let index, let life):
            guard nodes[index].life == life else { return }
            nodes[index].isApplying = false
            try carryOutOrders(nodes[index], mayWait: false)
            try work(nodes[index])
        case .entriesRead(let index, let life, let batch, let peer, let stream):
            if nodes[index].life == life { try step(nodes[index], .entriesRead(batch, for: peer, stream: stream)) }
        case .connect(let first, let second):
            guard nodes[first].isUp, nodes[second].isUp, isOpen(first, second), isOpen(second, first) else { return }
            try step(nodes[first], .connected(nodes[second].member))
            try step(nodes[second], .connected(nodes[first].member))
        case .restart(let index): if !nodes[index].isUp { try start(nodes[index]) }
        case .client: try client()
        case .fault: try fault()
        case .operatorCall: try operatorCall()
        }
    }

    // MARK: Steps

    func step(_ node: SimulatedNode, _ input: Input) throws {
        guard node.isUp else { return }
        inputs.append(input)
        try work(node)
    }

    /// Feeds the engine what is due to it at this moment, and carries out what it orders.
    private func work(_ node: SimulatedNode) throws {
        while !inputs.isEmpty, node.isUp {
            let input = inputs.removeFirst()
            effects.removeAll()
            node.engine?.step(input, at: now, into: &effects)
            node.engine?.checkInvariants()
            steps += 1
            try properties.checkStep(of: node, in: self)
            for effect in effects.list { try carryOut(effect, node) }
            if steps == crashAtStep {
                crashAtStep = nil
                try crash(node)
            }
        }
        inputs.removeAll()
        arm(node)
    }

    private func arm(_ node: SimulatedNode) {
        guard let deadline = node.engine?.nextDeadline, deadline < node.armed else { return }
        node.armed = max(deadline, now)
        queue.insert(.timer(node.index, life: node.life), at: node.armed)
    }

    private func carryOut(_ effect: Effect, _ node: SimulatedNode) throws {
        switch effect {
        case .persist(let batch, let id): try submit(batch, id, node)
        case .send(let message, let member):
            try properties.checkSend(message, from: node)
            send(Envelope(group: .first, from: node.member, to: member, message: message), node)
        case .readEntries(let first, let last, let peer, let stream):
            let delay = random.next(in: options.diskDelay)
            guard last <= node.disk.lastIndex else { throw Violation("node \(node.member.id) reads past its disk") }
            queue.insert(
                .entriesRead(
                    node.index, life: node.life,
                    node.disk.read(from: first, through: min(last, first + Int(random.next(in: 0...5)))), peer, stream),
                at: now + delay)
        case .apply(let index):
            node.orders.append(.apply(through: index))
            try carryOutOrders(node, mayWait: true)
        case .accepted(let first, let term, let count):
            for position in 0..<count {
                node.waiters.append(
                    SimulatedNode.Waiter(
                        id: LogID(term: term, index: first + position), proposal: node.proposed.removeFirst()))
            }
        case .rejected(let count, _):
            for _ in 0..<count { try properties.end(node.proposed.removeFirst(), .rejected) }
        case .abandon(let index):
            for waiter in node.waiters where waiter.id.index > index { try properties.end(waiter.proposal, .unknown) }
            node.waiters.removeAll { $0.id.index > index }
        case .readReady(let id):
            node.orders.append(.read(id))
            try carryOutOrders(node, mayWait: true)
        case .readFailed(let id, _):
            guard node.reads.removeValue(forKey: id) != nil else { throw Violation("read \(id) ended twice (R3)") }
        case .membershipChanged: break
        case .identityChanged:
            node.announcedCluster = node.engine?.hard.cluster
            try properties.checkIdentity(of: node)
        case .formation(let progress): node.bootstrapResults.append(progress)
        case .fence(let reason): throw Violation("node \(node.member.id) fences itself: \(reason)")
        case .trace(.peerSuspect(let peer, let index)):
            throw Violation("node \(node.member.id) suspects \(peer) of having lost entry \(index), which it has (L3)")
        case .trace: break
        }
    }

    // MARK: Machines

    private func carryOutOrders(_ node: SimulatedNode, mayWait: Bool) throws {
        if mayWait, let delay = options.applyDelay {
            guard !node.isApplying else { return }
            node.isApplying = true
            queue.insert(.machine(node.index, life: node.life), at: now + random.next(in: delay))
            return
        }
        let orders = node.orders
        node.orders = []
        for order in orders {
            switch order {
            case .apply(let index):
                try properties.apply(through: index, on: node)
                inputs.append(.applied(through: index))
            case .read(let id): try properties.answer(id, on: node)
            }
        }
    }

    func propose(_ count: Int, to node: SimulatedNode, size: Int = 0) throws {
        guard node.isUp else { return }
        let proposals = (0..<count).map { _ in properties.begin(size: size) }
        node.proposed = proposals.map(\.id)
        try step(node, .proposed(proposals.map(\.payload)))
        guard node.proposed.isEmpty else { throw Violation("proposals got no answer (W1)") }
    }

    func read(from node: SimulatedNode) throws {
        guard node.isUp else { return }
        lastRead += 1
        let id = ReadID(rawValue: lastRead)
        node.reads[id] = properties.highestAcknowledged
        try step(node, .readRequested(id))
    }
}
