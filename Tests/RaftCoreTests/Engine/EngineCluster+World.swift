import RaftCore
import RaftMembership
import RaftTesting

// Network, disks, crashes.
extension EngineCluster {
    // MARK: Network

    func isOpen(_ from: Int, _ to: Int) -> Bool { !blocked.contains([from, to]) }

    func send(_ envelope: Envelope, _ node: SimulatedNode) {
        guard let to = nodes.firstIndex(where: { $0.member.id == envelope.to.id }), isOpen(node.index, to) else {
            return
        }
        if options.loss > 0, chance(options.loss) { return }
        let copies = options.duplication > 0 && chance(options.duplication) ? 2 : 1
        for _ in 0..<copies {
            var delay = random.next(in: options.networkDelay)
            if options.stragglers > 0, chance(options.stragglers) { delay *= random.next(in: 1...100) }
            queue.insert(.deliver(envelope, cluster: node.announcedCluster), at: now + delay)
        }
    }

    /// As a transport does: nothing but formation between ends that do not share a cluster (rule M9).
    func deliver(_ envelope: Envelope, _ cluster: ClusterID?) throws {
        guard let node = nodes.first(where: { $0.member.id == envelope.to.id }), node.isUp else { return }
        guard envelope.to.incarnation == .unknown || envelope.to == node.member else { return }
        let isShared = cluster != nil && cluster == node.announcedCluster
        let isForeign = cluster != nil && node.announcedCluster != nil && !isShared
        guard isShared || (envelope.isFormation && !isForeign) else { return }
        try step(node, .received(envelope))
    }

    // MARK: Disks

    func submit(_ batch: StorageBatch, _ id: WriteID, _ node: SimulatedNode) throws {
        try properties.checkWrite(batch, of: node)
        node.pendingWrites.append(SimulatedNode.PendingWrite(batch: batch, id: id))
        beginCommit(on: node)
    }

    /// Everything that has queued up becomes durable in one transaction: the group commit.
    private func beginCommit(on node: SimulatedNode) {
        guard node.writesUnderWay == 0, !node.pendingWrites.isEmpty else { return }
        node.writesUnderWay = node.pendingWrites.count
        let delay = random.next(in: options.diskDelay) + (node.isSlow ? 1_000_000_000 : 0)
        queue.insert(.diskDone(node.index, life: node.life), at: now + delay)
    }

    func diskDone(_ node: SimulatedNode) throws {
        let writes = node.pendingWrites.prefix(node.writesUnderWay)
        node.pendingWrites.removeFirst(writes.count)
        node.writesUnderWay = 0
        for write in writes { try node.disk.write(write.batch) }
        try properties.checkDisk(of: node)
        beginCommit(on: node)
        let life = node.life
        for write in writes where node.life == life {
            if options.tellsInAnyOrder, chance(500) {
                queue.insert(.tell(node.index, life: life, write.id), at: now + random.next(in: 0...20_000_000))
            } else {
                try step(node, .persisted(write.id))
            }
        }
    }

    // MARK: Lives

    func start(_ node: SimulatedNode) throws {
        let recovered = try node.disk.recover()
        node.announcedCluster = node.disk.hardState.cluster
        node.engine = RaftEngine(
            configuration: options.configuration, group: .first, hardState: node.disk.hardState, recovered: recovered,
            seed: random.next())
        node.lastCommit = .zero
        node.lastFlushed = .zero
        node.lastRole = .follower
        try step(node, .started)
        for other in nodes where other.index != node.index {
            queue.insert(.connect(node.index, other.index), at: now + random.next(in: options.networkDelay))
        }
    }

    /// Memory is gone; the transaction under way has reached the disk, or has not.
    func crash(_ node: SimulatedNode) throws {
        guard node.isUp else { return }
        if chance(500) {
            for write in node.pendingWrites.prefix(node.writesUnderWay) { try node.disk.write(write.batch) }
        }
        node.engine = nil
        node.life += 1
        node.pendingWrites = []
        node.writesUnderWay = 0
        node.orders = []
        node.isApplying = false
        node.applied = []
        node.armed = .distantFuture
        for waiter in node.waiters { try properties.end(waiter.proposal, .unknown) }
        node.waiters = []
        node.reads = [:]
        node.bootstrapResults = []
    }

    // MARK: Trouble

    /// Clients at work and faults of all kinds for a while.
    func trouble(for span: UInt64) throws {
        isTroubled = true
        clientsRun = true
        queue.insert(.client, at: now + random.next(in: 0...10_000_000))
        queue.insert(.fault, at: now + random.next(in: 0...1_000_000_000))
        queue.insert(.operatorCall, at: now)
        try run(for: span)
        isTroubled = false
    }

    func client() throws {
        guard clientsRun else { return }
        queue.insert(.client, at: now + random.next(in: options.clientInterval))
        let leaders = nodes.filter(\.isLeader)
        let pool = leaders.isEmpty || chance(200) ? nodes : leaders
        let node = pool[Int(random.next(in: 0...UInt64(pool.count - 1)))]
        if chance(300) {
            try read(from: node)
        } else {
            try propose(Int(random.next(in: 1...4)), to: node, size: Int(random.next(in: 0...60)))
        }
    }

    func fault() throws {
        guard isTroubled else { return }
        queue.insert(.fault, at: now + random.next(in: options.faultInterval))
        let count = UInt64(nodes.count)
        let node = nodes[Int(random.next(in: 0...count - 1))]
        switch random.next(in: 0...9) {
        case 0, 1:
            try crash(node)
            queue.insert(.restart(node.index), at: now + random.next(in: 0...1_500_000_000))
        case 2:
            // The leader, if there is one: the fault that matters most.
            let victim = nodes.first(where: \.isLeader) ?? node
            try crash(victim)
            queue.insert(.restart(victim.index), at: now + random.next(in: 0...500_000_000))
        case 3:
            // Two sides.
            let side = (0..<nodes.count).filter { _ in chance(500) }
            for from in side {
                for to in 0..<nodes.count where !side.contains(to) {
                    blocked.insert([from, to])
                    blocked.insert([to, from])
                }
            }
        case 4: blocked.insert([node.index, Int(random.next(in: 0...count - 1))])
        case 5:
            for other in nodes where other !== node {
                blocked.insert([node.index, other.index])
                if chance(700) { blocked.insert([other.index, node.index]) }
            }
        case 6, 7: reconnect()
        case 8: node.isSlow.toggle()
        default:
            for node in nodes { try crash(node) }
            for node in nodes { queue.insert(.restart(node.index), at: now + random.next(in: 0...300_000_000)) }
        }
    }

    func operatorCall() throws {
        guard !nodes.allSatisfy({ $0.engine?.membership.isEmpty == false }) else { return }
        queue.insert(.operatorCall, at: now + random.next(in: 10_000_000...400_000_000))
        for node in nodes where chance(isTroubled ? 500 : 1000) {
            try step(node, .bootstrapRequested(formationMembers))
        }
    }

    func reconnect() {
        blocked = []
        for first in nodes {
            for second in nodes where first.index < second.index {
                queue.insert(.connect(first.index, second.index), at: now + random.next(in: options.networkDelay))
            }
        }
    }

    /// Everything works from now on.
    func heal() {
        options.loss = 0
        options.duplication = 0
        options.stragglers = 0
        options.networkDelay = 100_000...2_000_000
        options.diskDelay = 50_000...3_000_000
        for node in nodes {
            node.isSlow = false
            queue.insert(.restart(node.index), at: now)
        }
        reconnect()
        queue.insert(.operatorCall, at: now)
    }
}
