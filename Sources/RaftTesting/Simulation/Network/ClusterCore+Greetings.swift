import RaftCore
import RaftMembership

extension ClusterCore {
    /// What both transports do before any message counts: each shows its life to the other, and no connection is kept to
    /// whom the other end objects, who is told so (rule M10).
    func greet(_ first: SimulatedNode, _ second: SimulatedNode) {
        guard let one = first.life, let two = second.life, network.isOpen(first.index, second.index),
            network.isOpen(second.index, first.index), let own = one.identity, let other = two.identity,
            own.cluster == nil || other.cluster == nil || own.cluster == other.cluster,
            let here = one.receiver, let there = two.receiver
        else { return }
        let toOne = there.objection(to: own.member, life: here.life)
        let toTwo = here.objection(to: other.member, life: there.life)
        let isFine = toOne == nil && toTwo == nil
        greetings.set(one, two, isConnected: isFine)
        if let toOne { here.refusedAsAmnesiac(by: second.id, toOne) }
        if let toTwo { there.refusedAsAmnesiac(by: first.id, toTwo) }
        guard isFine else { return }
        here.connected(other.member, clientAddresses: other.clientAddresses)
        there.connected(own.member, clientAddresses: own.clientAddresses)
    }

    /// Whether `other` would refuse a server that comes up with such data: it works, it can be reached, and it remembers
    /// the server as it was later, or in another run of the same number.
    func remembers(_ other: SimulatedNode, _ node: SimulatedNode, beyond image: DiskImage) -> Bool {
        guard let hard = image.hardState, let cluster = hard.cluster, let life = other.life, other.isWorking,
            life.identity?.cluster == cluster, other.pausedUntil.map({ $0 <= world.now }) ?? true,
            network.isOpen(node.index, other.index), network.isOpen(other.index, node.index),
            let seen = life.driver?.lastSeen(of: hard.member)
        else { return false }
        return seen.startCounter > hard.startCounter || seen.term > hard.term
    }
}
