import RaftCore

// What a lease has to stand: a leader that goes on for a while though others have elected another (rules R4 to R6).
extension ClusterCore {
    func strikeLease(_ fault: PlannedFault, _ leader: SimulatedNode) {
        var random = SeededRandom(seed: fault.salt, of: .clocks)
        let others = nodes.filter { $0 !== leader }
        guard !others.isEmpty else { return }
        let chosen = random.pick(others)
        switch fault.kind {
        case .minorityLeader:
            for other in others where other !== chosen {
                cutBothWays(leader.index, other.index)
                cutBothWays(chosen.index, other.index)
            }
            endNetworkFault(after: fault.span)
        case .promiserRestart:
            // One hears nothing of the leader and campaigns in vain, until the leader is alone and its voters start anew.
            cutBothWays(leader.index, chosen.index)
            world.after(random.next(in: 100_000_000...800_000_000)) { [unowned self] in
                guard !isCalm else { return }
                isolate(leader)
                for other in others where other !== chosen {
                    crash(other, restartAfter: random.next(in: 100_000...5_000_000))
                }
                endNetworkFault(after: fault.span)
            }
        default:
            guard let life = leader.life, let driver = life.driver else { return }
            transfer(life, driver, to: nil, givesUp: false)
            world.after(random.next(in: 0...3_000_000)) { [unowned self] in
                guard !isCalm else { return }
                for other in others { network.cut(other.index, leader.index) }
                endNetworkFault(after: fault.span)
            }
        }
    }
}
