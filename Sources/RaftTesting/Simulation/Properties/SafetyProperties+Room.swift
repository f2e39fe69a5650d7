import RaftCore
import RaftMembership

// Full disks (rule D4).
extension SafetyProperties {
    func checkRoom(_ engine: RaftEngine, _ input: Input, _ seen: Observation, _ node: SimulatedNode) {
        switch input {
        case .writesRefused(let ids, _):
            // Storage has nothing more to finish there.
            node.submissions.removeFirst(min(ids.count, node.submissions.count))
        case .received(let envelope): noteRoom(envelope, engine, seen, node)
        default: break
        }
    }

    private func noteRoom(_ envelope: Envelope, _ engine: RaftEngine, _ seen: Observation, _ node: SimulatedNode) {
        switch envelope.message {
        case .appendReply(let reply) where reply.term == engine.term && engine.role == .leader:
            note(envelope.from, lacksRoom: reply.lacksRoom, in: reply.term)
        case .heartbeatReply(let reply) where reply.term == engine.term && engine.role == .leader:
            note(envelope.from, lacksRoom: reply.lacksRoom, in: reply.term)
        case .timeoutNow where seen.isDiskFull && engine.role == .candidate && seen.role == .follower:
            fail("D4", "\(node.id) takes over, though it knows that its disk is full")
        default: break
        }
    }

    private func note(_ peer: Member, lacksRoom: Bool, in term: Term) {
        if lacksRoom {
            withoutRoom[term, default: []].insert(peer)
        } else {
            withoutRoom[term]?.remove(peer)
        }
    }

    /// Leadership goes only to who has room, as far as its leader was told.
    func checkHandover(to successor: Member, _ message: TimeoutNow, from node: SimulatedNode) {
        if withoutRoom[message.term]?.contains(successor) == true {
            fail("D4", "\(node.id) hands over to \(successor), which has said that its disk is full")
        }
        if node.seen.isDiskFull { world.coverage.add(.handedOverWithoutRoom) }
    }
}
