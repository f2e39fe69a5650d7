import RaftCore
import RaftMembership

/// Servers, network and disks of a simulation, whatever machine they run.
///
/// Unchecked, because a simulation is confined to one thread.
final class ClusterCore: @unchecked Sendable {
    let options: ClusterOptions
    let seed: UInt64
    let mutation: Mutation?
    let world: World
    let network: SimulatedNetwork
    /// What the network comes back to when a fault ends.
    var usualWeather: SimulatedNetwork.Weather
    let nodes: [SimulatedNode]
    let properties: SafetyProperties
    /// Nanoseconds since 1970, for drawing incarnations.
    var wallClock: UInt64 = 1_800_000_000_000_000_000
    var greetings: Greetings
    /// The user's storage holds the data, and the images keep the books.
    var hasOwnStorage = false
    /// Trouble is over.
    var isCalm = false
    /// Data may be lost beyond what a cluster can do without.
    var allowsAnyLoss = false
    /// Who leads next is cut off before it has said so to anybody.
    var strandsNextLeader = false
    /// Calls of administrators, and whether they have ended.
    var administration: [AdministrationCall] = []
    /// Starts a process of the machine that is simulated; throws what a real one would end with.
    var launch: (SimulatedLife) throws -> Void = { _ in }
    /// Told of each process that has come to its end.
    var ended: (SimulatedLife) -> Void = { _ in }

    init(_ options: ClusterOptions, seed: UInt64, mutation: Mutation?, trace: TraceRecorder) throws {
        self.seed = seed
        var random = SeededRandom(seed: seed, of: .cluster)
        var options = options
        #if TestBuild
            options.configuration.mutation = mutation
        #endif
        self.options = options
        self.mutation = mutation
        world = World(trace: trace)
        usualWeather = options.weather
        greetings = Greetings(nodes: options.servers)
        network = SimulatedNetwork(nodes: options.servers, weather: options.weather, world: world, seed: seed)
        let now = world.now
        nodes = (0..<options.servers).map { index in
            SimulatedNode(
                index: index,
                disk: SimulatedDisk(delay: options.diskDelay, random: SeededRandom(seed: seed, of: .disk, index)),
                clock: SimulatedClock(now: now, offset: random.next(in: 0...1 << 40)),
                random: SeededRandom(seed: seed, of: .server, index), nodes: options.servers)
        }
        for node in nodes where options.clockDrift > 0 {
            var clocks = SeededRandom(seed: seed, of: .clocks, node.index + 1)
            let drift = min(options.clockDrift, 100) * 1000
            node.clock.run(at: clocks.next(in: 1_000_000 - drift...1_000_000 + drift), from: now)
        }
        properties = SafetyProperties(world: world, nodes: nodes, options: options)
        world.deliver = { [unowned self] in deliver($0) }
        if options.isFormed { try form(&random) }
    }

    /// What a formation leaves behind on every disk.
    private func form(_ random: inout SeededRandom) throws {
        let cluster = ClusterID(high: 1, low: random.next())
        let members = nodes.prefix(options.nodes).map {
            Member(id: $0.id, incarnation: Incarnation(random.next(in: 1...1 << 40)))
        }
        let voters = members.prefix(options.nodes - options.learners).map(\.id)
        let membership = try Membership(
            members: members.map {
                Membership.Record(
                    member: $0, addresses: ["memory:\($0.id)"],
                    isWitness: voters.suffix(options.witnesses).contains($0.id)
                )
            }, voters: voters)
        var builder = EntryBatchBuilder(firstIndex: 1)
        builder.append(
            .configuration, term: 1,
            payload: MembershipCodec.encode(ConfigurationPayload(cluster: cluster, membership: membership)))
        let entry = builder.finish()
        for (node, member) in zip(nodes, members) {
            let hard = HardState(cluster: cluster, member: member, term: 1, commitHint: 1)
            let batch = StorageBatch(group: .first, entries: entry, hardState: hard)
            try node.disk.image.write(batch)
            node.formation = batch
        }
        properties.assumeCommitted(entry)
    }

    // MARK: Lives

    func start(_ node: SimulatedNode) {
        guard node.life == nil else { return }
        var witnesses: [SimulatedNode] = []
        if node.damage == .rolledBackWithMark {
            witnesses = nodes.filter { $0 !== node && remembers($0, node, beyond: node.disk.image) }
            if witnesses.isEmpty {
                // It would deceive whomever it meets, and nobody can tell (rule M10).
                if !isCalm { restart(node, after: 1_000_000_000) }
                return
            }
        }
        node.lives += 1
        node.fate = .fine
        node.seen = Observation()
        node.applied = .zero
        node.restored = .zero
        node.submissions = []
        node.campaigns = 0
        // By the time of the start: a process that starts then has the same chances, whatever became of earlier ones.
        func random(of owner: RandomOwner) -> SeededRandom {
            SeededRandom(seed: seed, of: owner, node.index, world.now.rawValue)
        }
        node.disk.random = random(of: .disk)
        let life = SimulatedLife(
            node: node, number: node.lives, cluster: self, random: random(of: .process),
            machineRandom: random(of: .machine))
        node.life = life
        world.trace.record(world.now, .started(node.id, life: life.number))
        do {
            try launch(life)
        } catch {
            guard !life.isDead else { return }
            stopped(node, "\(error)")
            return
        }
        // They are met first.
        for witness in witnesses { greet(node, witness) }
        connect(node)
    }

    /// The process ends between two things it does, without a word.
    func crash(_ node: SimulatedNode) {
        guard let life = node.life, !life.isDead else { return }
        tearWrites(of: life)
        end(life, "killed")
    }

    /// The process has ended itself, and said why.
    func stopped(_ node: SimulatedNode, _ reason: String) {
        guard let life = node.life else { return }
        node.fate = .stopped(reason)
        properties.stopped(node, reason)
        end(life, reason)
        // One whose data have rotted counts as damaged already.
        if node.damage == nil || node.damage == .rot, properties.isOtherCopy(node, reason) {
            node.disk.replace(with: DiskImage(), SimulatedFiles.State())
            node.damage = .wiped
        }
        // Whoever supervises it starts it again.
        restart(node, after: node.random.next(in: 0...2_000_000_000))
    }

    /// The process has ended as it was told to.
    func wasShutDown(_ node: SimulatedNode) {
        if let life = node.life { end(life, "shut down") }
    }

    /// Lets go of processes and events, which hold one another.
    func dismantle() {
        for node in nodes {
            node.life?.die()
            node.life = nil
        }
        administration = []
        world.end()
    }

    private func end(_ life: SimulatedLife, _ why: String) {
        world.trace.record(world.now, .ended(life.node.id, why))
        life.die()
        if hasOwnStorage { life.node.disk.files.end(using: &life.node.disk.random) }
        life.node.life = nil
        life.node.pausedUntil = nil
        ended(life)
    }

    /// The transaction under way has reached the disk, or has not, or would have been a smaller one.
    private func tearWrites(of life: SimulatedLife) {
        guard let lane = life.storageLane, let storage = life.storage, !lane.waiting.isEmpty, !lane.isAtWork,
            life.node.disk.random.chance(600)
        else {
            if life.storageLane?.waiting.isEmpty == false { world.coverage.add(.crashLostWrite) }
            return
        }
        let survivors = life.node.disk.random.chance(500) ? Int.max : life.node.disk.random.index(below: 4)
        world.coverage.add(survivors == .max ? .crashKeptWrite : .crashTornGroup)
        storage.survivors = survivors
        life.boundariesLeft = nil
        for job in lane.waiting { job.run() }
    }

    // MARK: Network

    /// Connections of a server that has come up, or whose links have.
    func connect(_ node: SimulatedNode) {
        for other in nodes where other.index != node.index { connect(node, other) }
    }

    private func connect(_ first: SimulatedNode, _ second: SimulatedNode) {
        world.after(first.random.next(in: options.networkDelay)) { [unowned self] in greet(first, second) }
    }

    func reconnect() {
        for first in nodes {
            for second in nodes where first.index < second.index { connect(first, second) }
        }
    }

    /// As a transport does: only to the very member, and nothing but formation between ends that do not share a cluster
    /// (rules N1, M9).
    private func deliver(_ delivery: Delivery) {
        let envelope = delivery.envelope
        let node = nodes[delivery.to]
        guard let life = node.life, let receiver = life.receiver, let own = life.identity else { return }
        guard greetings.isConnected(node, life, to: delivery.from) else {
            world.coverage.add(.messageLost)
            return
        }
        if let until = node.pausedUntil, until > world.now {
            world.insert(.delivery(delivery), at: until)
            return
        }
        guard envelope.to.incarnation == .unknown || envelope.to == own.member else {
            world.coverage.add(.messageLost)
            return
        }
        let isShared = delivery.cluster != nil && delivery.cluster == own.cluster
        let isForeign = delivery.cluster != nil && own.cluster != nil && !isShared
        guard isShared || (envelope.isFormation && !isForeign) else { return }
        node.heardFrom[delivery.from] = world.now
        world.coverage.add(envelope.message.coveragePoint)
        world.trace.record(world.now, .delivered(envelope))
        properties.delivered(envelope)
        if !life.hasBegun { world.coverage.add(.messageBeforeStart) }
        receiver.received([envelope])
    }
}

extension Message {
    var coveragePoint: CoveragePoint {
        switch self {
        case .voteRequest(let request): request.isPreVote ? .preVoteRequest : .voteRequest
        case .voteReply(let reply): reply.isPreVote ? .preVoteReply : .voteReply
        case .appendEntries: .appendEntries
        case .appendReply: .appendReply
        case .heartbeat: .heartbeat
        case .heartbeatReply: .heartbeatReply
        case .installSnapshot: .installSnapshot
        case .installSnapshotReply: .installSnapshotReply
        case .timeoutNow: .timeoutNow
        case .removed: .removed
        case .readIndex: .readIndex
        case .readIndexReply: .readIndexReply
        case .logDamaged: .logDamaged
        case .formationQuery: .formationQuery
        case .formationAnswer: .formationAnswer
        case .adopt: .adopt
        }
    }
}
