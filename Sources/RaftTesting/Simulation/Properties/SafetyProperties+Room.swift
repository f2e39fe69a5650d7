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
            note(envelope.from, lacksRoom: reply.lacksRoom, stream: reply.stream, engine)
        case .heartbeatReply(let reply) where reply.term == engine.term && engine.role == .leader:
            note(envelope.from, lacksRoom: reply.lacksRoom, stream: reply.stream, engine)
        case .timeoutNow where seen.isDiskFull && engine.role == .candidate && seen.role == .follower:
            fail("D4", "\(node.id) takes over, though it knows that its disk is full")
        default: break
        }
    }

    private func note(_ peer: Member, lacksRoom: Bool, stream: UInt32, _ engine: RaftEngine) {
        // An answer to an earlier attempt, overtaken by later ones, is discarded whole (rule P3).
        if let progress = engine.progress.first(where: { $0.member == peer }), stream < progress.stream,
            lacksRoom != progress.lacksRoom
        {
            return
        }
        if lacksRoom {
            withoutRoom[engine.term, default: []].insert(peer)
        } else {
            withoutRoom[engine.term]?.remove(peer)
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
