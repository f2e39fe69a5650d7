import RaftCore
import RaftMembership

// Faults that strike where a damaged log is being made good (rule D3).
extension ClusterCore {
    func strikeRepair(_ fault: PlannedFault, _ node: SimulatedNode, _ leader: SimulatedNode) {
        switch fault.kind {
        case .rotUnnoticed:
            guard mayRot(node) else { return }
            if fault.salt % 3 == 1, node.disk.image.rotBody(at: fault.salt >> 8) {
                node.damage = .rot
            } else {
                rotEntries(node, fault.salt, among: lastEntries(of: node))
            }
            node.life?.rotsUnnoticed = true
        case .rotUnderRepair:
            if mayRot(node) { rotAndCrash(node, fault) }
        default: strandLeaders(fault, leader)
        }
    }

    /// Ends of logs are where leaders of several terms left something: they rot more often than the rest.
    private func lastEntries(of node: SimulatedNode) -> Int {
        let length = node.disk.image.last.index - node.disk.image.base.index
        return node.random.chance(700) ? min(length, 10) : length
    }

    private func rotAndCrash(_ node: SimulatedNode, _ fault: PlannedFault) {
        crash(node)
        let image = node.disk.image
        if let first = node.strandedFrom, first > image.base.index, first <= image.last.index, node.random.chance(750) {
            // Where what it appended alone begins, or a little before: what others acknowledged agrees up to there.
            let before = min(first - image.base.index - 1, node.random.pick([0, 0, 0, 1, 2]))
            node.disk.image.rot(at: LogIndex(first.rawValue - UInt64(before)))
            node.damage = .rot
        } else {
            rotEntries(node, fault.salt, among: lastEntries(of: node))
        }
        node.strandedFrom = nil
        if node.random.chance(300) { fill(node, for: 2 * fault.span) }
        node.troubles = Int(node.random.next(in: 0...3))
        restart(node, after: fault.span)
    }

    // MARK: The moment of a repair

    /// Something of a damaged log has come back to the disk: now and then this is when something else goes wrong.
    func repaired(_ life: SimulatedLife) {
        let node = life.node
        guard node.troubles > 0, !isCalm else { return }
        node.troubles -= 1
        switch node.random.index(below: 4) {
        case 0, 1:
            life.boundariesLeft = node.random.index(below: 8)
            world.after(node.random.next(in: 1_000_000...500_000_000)) { [unowned self] in
                if life.isDead { start(node) } else { life.boundariesLeft = nil }
            }
        case 2: fill(node, for: node.random.next(in: 10_000_000...1_000_000_000))
        default:
            // Whoever sent it leads no longer, and who was away before is back.
            world.after(0) { [unowned self] in
                guard !isCalm, let leader = nodes.first(where: \.isLeader), leader !== node else { return }
                network.heal()
                strand(leader)
                reconnect()
                endNetworkFault(after: node.random.next(in: 200_000_000...1_500_000_000))
            }
        }
    }

    // MARK: Leaders without a quorum

    private func strand(_ node: SimulatedNode) {
        isolate(node)
        node.strandedFrom = node.seen.last.index.next
    }

    /// A leader is cut off with what it appends, sometimes behind entries that a part of the others has only; the next one
    /// sometimes in the very moment in which it begins to lead. One of their logs rots, and they come back one by one.
    private func strandLeaders(_ fault: PlannedFault, _ leader: SimulatedNode) {
        var random = SeededRandom(seed: fault.salt, of: .administrator)
        let others = nodes.filter { $0 !== leader }
        guard others.count > 1, leader.isLeader else { return }
        let laggard = random.chance(600) ? random.pick(others) : nil
        if let laggard { isolate(laggard) }
        let strandsNext = random.chance(500)
        let withRoom = random.chance(300) ? random.pick(others) : nil
        let (first, second) = (random.next(in: 1_000_000...400_000_000), random.next(in: 200_000_000...1_500_000_000))
        let rotsFirst = random.chance(400)
        world.after(first) { [unowned self] in
            guard !isCalm else { return }
            network.heal()
            strand(leader)
            reconnect()
            strandsNextLeader = strandsNext
            if let withRoom { for node in nodes where node !== withRoom { fill(node, for: second + 2 * fault.span) } }
        }
        world.after(first + second) { [unowned self] in
            guard !isCalm else { return }
            strandsNextLeader = false
            let next = nodes.first { $0 !== leader && $0.strandedFrom != nil }
            let rotten = rotsFirst ? leader : next ?? leader
            if mayRot(rotten) { rotAndCrash(rotten, fault) }
            network.heal()
            if let next { isolate(next) }
            reconnect()
        }
        endNetworkFault(after: first + second + fault.span)
        world.after(first + second + fault.span) { [unowned self] in for node in nodes { node.strandedFrom = nil } }
    }

    /// Before it has said so to anybody.
    func beganToLead(_ node: SimulatedNode) {
        guard strandsNextLeader, !isCalm else { return }
        strandsNextLeader = false
        strand(node)
        // Its first entry is there already.
        node.strandedFrom = node.seen.last.index
    }
}
