import RaftCore
import RaftMembership

// Faults as they strike, and the end of all of them.
extension ClusterCore {
    func strike(_ fault: PlannedFault) {
        world.trace.record(world.now, .fault("\(fault)"))
        let node = nodes[fault.node]
        let leader = nodes.first(where: \.isLeader) ?? node
        switch fault.kind {
        case .crash: crash(node, restartAfter: fault.span)
        case .crashLeader: crash(leader, restartAfter: fault.span)
        case .crashAtEffect: crashSoon(fault.salt % 2 == 0 ? leader : node, fault)
        case .crashAll:
            for (position, node) in nodes.enumerated() {
                crash(node, restartAfter: fault.span / UInt64(position + 1))
            }
        case .restart: shutDown(fault.salt % 2 == 0 ? leader : node, restartAfter: fault.span)
        case .pause: pause(node, for: fault.span)
        case .pauseLeader: pause(leader, for: fault.span)
        case .partition, .partitionLeader, .cutOneWay, .partialPartition, .clog, .slowLink, .loss, .duplication,
            .reconnect:
            strikeNetwork(fault, node, leader)
        case .minorityLeader, .promiserRestart, .deafTransfer: strikeLease(fault, leader)
        case .rotUnnoticed, .rotUnderRepair, .rotStranded: strikeRepair(fault, node, leader)
        case .slowDisk, .hangingDisk, .failingSync, .fullDisk: strikeDisk(fault, fault.salt % 3 == 0 ? leader : node)
        case .clockJump: jump(node, by: fault.span)
        case .clockDrift: node.clock.run(at: 900_000 + fault.salt % 200_001, from: world.now)
        case .machineFailure:
            node.failsNextApply = true
            node.excuse = .machine
        case .changeMembership, .transfer, .stepDown: administrate(fault, leader)
        case .snapshot, .compact: askForSnapshot(node, compacts: fault.kind == .compact)
        case .rot, .wipe, .rollback, .wipeWithMark, .rollbackWithMark: damage(node, fault)
        }
        world.coverage.add(fault.kind.coveragePoint)
    }

    // MARK: Processes

    func crash(_ node: SimulatedNode, restartAfter span: UInt64) {
        crash(node)
        restart(node, after: span)
    }

    func restart(_ node: SimulatedNode, after span: UInt64) {
        world.after(span) { [unowned self] in start(node) }
    }

    /// Between two effects, a little later.
    private func crashSoon(_ node: SimulatedNode, _ fault: PlannedFault) {
        guard let life = node.life else { return }
        life.boundariesLeft = Int(fault.salt % 60)
        world.after(fault.span + 1_000_000) { [unowned self] in
            if life.isDead { start(node) } else { life.boundariesLeft = nil }
        }
    }

    /// As an administrator does: what was ordered before is carried out.
    func shutDown(_ node: SimulatedNode, restartAfter span: UInt64) {
        guard let life = node.life, node.isWorking else { return }
        life.driver?.requestStop { [unowned self] in
            guard !life.isDead else { return }
            world.after(0) { [unowned self] in
                if !life.isDead { wasShutDown(node) }
                restart(node, after: span)
            }
        }
    }

    private func pause(_ node: SimulatedNode, for span: UInt64) {
        node.pausedUntil = world.now + span
        node.disturbedAt = max(node.disturbedAt, world.now + span)
    }

    private func jump(_ node: SimulatedNode, by span: UInt64) {
        node.clock.jump(by: span, at: world.now)
        // A pause may last longer still.
        node.disturbedAt = max(node.disturbedAt, world.now)
    }

    // MARK: Network

    private func strikeNetwork(_ fault: PlannedFault, _ node: SimulatedNode, _ leader: SimulatedNode) {
        switch fault.kind {
        case .partition:
            for from in nodes where fault.salt >> from.index & 1 == 1 {
                for to in nodes where fault.salt >> to.index & 1 == 0 { cutBothWays(from.index, to.index) }
            }
        case .partitionLeader:
            for other in nodes where other !== leader {
                network.cut(leader.index, other.index)
                // Now and then it is only deaf, or only mute.
                if fault.salt % 3 > 0 { network.cut(other.index, leader.index) }
            }
        case .cutOneWay: network.cut(fault.node, fault.other)
        case .partialPartition: cutBothWays(fault.node, fault.other)
        case .clog: network.clog(fault.node, fault.other, until: world.now + fault.span)
        case .slowLink: network.slow(fault.node, fault.other, by: fault.salt % 400_000_000)
        case .loss: network.weather.loss = 100 + fault.salt % 400
        case .duplication: network.weather.duplication = 100 + fault.salt % 400
        default: break
        }
        endNetworkFault(after: fault.kind == .reconnect ? 0 : fault.span)
    }

    func endNetworkFault(after span: UInt64) {
        world.after(span) { [unowned self] in
            network.heal()
            // A fault may end after all faults were ended.
            network.weather.loss = usualWeather.loss
            network.weather.duplication = usualWeather.duplication
            reconnect()
        }
    }

    func isolate(_ node: SimulatedNode) {
        for other in nodes where other !== node { cutBothWays(node.index, other.index) }
    }

    func cutBothWays(_ first: Int, _ second: Int) {
        network.cut(first, second)
        network.cut(second, first)
    }

    // MARK: Disks

    private func strikeDisk(_ fault: PlannedFault, _ node: SimulatedNode) {
        switch fault.kind {
        case .slowDisk:
            node.disk.extraDelay = fault.salt % 1_000_000_000
            world.after(fault.span) { node.disk.extraDelay = 0 }
        case .hangingDisk: node.disk.hangsUntil = world.now + fault.span
        case .failingSync:
            node.disk.failsNextSync = true
            node.excuse = .disk
        default: fill(node, fault)
        }
    }

    /// It lasts, and ends without anybody's doing: no reason to stop (rule D4). Now and then there is no room anywhere.
    private func fill(_ node: SimulatedNode, _ fault: PlannedFault) {
        for node in fault.salt % 8 == 0 ? nodes : [node] { fill(node, for: 4 * fault.span) }
    }

    func fill(_ node: SimulatedNode, for span: UInt64) {
        node.disk.isFull = true
        world.after(span) { node.disk.isFull = false }
    }

    // MARK: The end of trouble

    /// Everything works from now on; what is damaged stays away.
    func heal() {
        isCalm = true
        world.trace.record(world.now, .fault("all faults end"))
        network.heal()
        usualWeather = SimulatedNetwork.Weather()
        network.weather = usualWeather
        for node in nodes {
            node.disk.extraDelay = 0
            node.disk.delay = 50_000...3_000_000
            node.disk.hangsUntil = nil
            node.disk.failsNextSync = false
            node.disk.isFull = false
            node.failsNextApply = false
            node.clock.run(at: 1_000_000, from: world.now)
            node.pausedUntil = nil
            node.life?.boundariesLeft = nil
            world.after(5_000_000_000) { node.excuse = nil }
            start(node)
        }
        reconnect()
    }
}
