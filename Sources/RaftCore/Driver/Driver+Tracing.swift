import RaftMembership
import RaftTracing

// The engine's events, as an operator reads them.
extension Driver {
    func trace(_ event: EngineEvent) {
        let own = engine.member.id
        switch event {
        case .roleChanged(let role, let term):
            tracer.info(
                .roleChanged, "node \(own) is \(role.rawValue) in term \(term)",
                [.role(role.rawValue), .term(term.rawValue)])
        case .leaderChanged(let leader?, let term):
            tracer.info(
                leader == engine.member ? .leaderElected : .leaderKnown, "node \(leader.id) leads term \(term)",
                [.peer(leader.id.rawValue), .term(term.rawValue)])
        case .leaderChanged(nil, let term):
            tracer.info(.leaderLost, "no leader is known in term \(term)", [.term(term.rawValue)])
        case .electionStarted(let term, let isPreVote):
            tracer.debug(
                .electionStarted, "node \(own) asks for \(isPreVote ? "pre-votes" : "votes") for term \(term)",
                [.term(term.rawValue)])
        case .voteGranted(let candidate, let term):
            tracer.info(
                .voteGranted, "node \(own) votes for node \(candidate.id) in term \(term)",
                [.peer(candidate.id.rawValue), .term(term.rawValue)])
        case .voteRefused(let candidate, let term, let isPreVote):
            tracer.debug(
                .voteRefused, "node \(own) refuses node \(candidate.id) its \(isPreVote ? "pre-vote" : "vote")",
                [.peer(candidate.id.rawValue), .term(term.rawValue)])
        case .quorumLost(let term):
            tracer.warning(
                .quorumLost, "node \(own) no longer reaches a quorum and stops leading term \(term)",
                [.term(term.rawValue)])
        case .conflict(let peer, let index):
            tracer.debug(
                .conflictRepaired, "the log differs from that of leader \(peer) at entry \(index)",
                [.peer(peer.rawValue), .index(index.rawValue)])
        case .truncated(let index, let lost):
            tracer.notice(
                .entriesTruncated, "\(lost) uncommitted entries after \(index) give way to the leader's",
                [.index(index.rawValue), .count(lost)])
        case .peerSuspect(let peer, let index):
            tracer.error(
                .peerSuspect, "node \(peer) no longer has entry \(index), which it acknowledged: it counts no more",
                [.peer(peer.rawValue), .index(index.rawValue)])
        case .logDamaged(let tail):
            let snapshot = tail.lostSnapshot > .zero ? "the snapshot at entry \(tail.lostSnapshot) is lost: " : ""
            let what = tail.isReadable ? "may be of another history" : "cannot be read"
            let alone =
                engine.membership.voters == [engine.member.id]
                ? "; as far as can be read it votes alone, and if it does, nobody has them: restore a backup" : ""
            tracer.error(
                .logDamaged,
                "\(snapshot)\(tail) of the log \(what): node \(own) asks its leader for them and does not campaign\(alone)",
                [.index(tail.firstIndex.rawValue)])
        case .logRepaired(let index):
            tracer.notice(.logRepaired, "the log is whole again, to entry \(index)", [.index(index.rawValue)])
        case .peerDamaged(let peer, let index):
            tracer.warning(
                .peerDamaged, "the log of node \(peer) is damaged after entry \(index): it gets the rest again",
                [.peer(peer.rawValue), .index(index.rawValue)])
        case .configurationAdopted(let id, let membership):
            tracer.info(
                .configurationAdopted,
                "the configuration in entry \(id) is in effect: \(Self.describe(membership))",
                [.index(id.index.rawValue), .term(id.term.rawValue)])
        case .configurationCommitted(let id, let membership):
            tracer.notice(
                .configurationCommitted,
                "the configuration in entry \(id) is committed: \(Self.describe(membership))",
                [.index(id.index.rawValue), .term(id.term.rawValue)])
        case .learnerCaughtUp(let learner, let rounds):
            tracer.info(
                .learnerReady, "node \(learner.id) has caught up in \(rounds) rounds and may vote",
                [.peer(learner.id.rawValue), .count(rounds)])
        case .memberReturned(let peer):
            tracer.warning(
                .memberReturned,
                "node \(peer.id) came back as incarnation \(peer.incarnation), without what it had: it gets the place of the "
                    + "former one, as a learner; promote it when its disk can be trusted",
                [.peer(peer.id.rawValue)])
        case .changeEnded(.changed): break
        case .changeEnded(.refused(let reason)), .changeEnded(.unknown(let reason)):
            tracer.warning(.changeFailed, "a change of membership failed: \(reason)", [.reason(reason)])
        case .changeEnded(.rejected): break
        case .transferStarted(let target):
            tracer.notice(
                .transferStarted, "node \(own) hands leadership to node \(target.id)", [.peer(target.id.rawValue)])
        case .transferEnded(.transferred(let leader)):
            tracer.notice(
                .transferEnded, "leadership was handed to node \(leader.id)", [.peer(leader.id.rawValue)])
        case .transferEnded(.failed(let reason)):
            tracer.warning(.transferFailed, "leadership was not handed over: \(reason)", [.reason(reason)])
        case .transferEnded(.rejected): break
        case .removed(let id):
            tracer.notice(
                .nodeRemoved, "node \(own) was removed from the cluster by the configuration in entry \(id)",
                [.index(id.index.rawValue)])
        case .snapshotTaken(let id, let purged):
            tracer.info(
                .snapshotTaken, "took a snapshot at entry \(id); the log begins after entry \(purged)",
                [.index(id.last.index.rawValue), .term(id.last.term.rawValue), .bytes(id.size)])
        case .snapshotFailed(let reason): tracer.warning(.snapshotFailed, reason, [.reason(reason)])
        case .snapshotOffered(let peer, let id):
            tracer.info(
                .snapshotOffered, "node \(peer) needs entries that are compacted: offers the snapshot at entry \(id)",
                [.peer(peer.rawValue), .index(id.last.index.rawValue), .bytes(id.size)])
        case .snapshotDelivered(let peer, let id):
            tracer.info(
                .snapshotDelivered, "node \(peer) has installed the snapshot at entry \(id)",
                [.peer(peer.rawValue), .index(id.last.index.rawValue), .bytes(id.size)])
        case .snapshotInstalling(let id):
            tracer.notice(
                .snapshotReceived, "the leader's snapshot at entry \(id) is here: it takes the place of the log",
                [.index(id.last.index.rawValue), .bytes(id.size)])
        case .snapshotInstalled(let id):
            tracer.notice(
                .snapshotInstalled, "the machine has the state of the snapshot at entry \(id)",
                [.index(id.last.index.rawValue), .bytes(id.size)])
        case .diskFilled(let reason):
            tracer.error(
                .diskFull,
                "node \(own) takes no entries: its disk is full (\(reason)); free space, and it goes on by itself",
                [.reason(reason)])
        case .diskHasRoom:
            tracer.notice(.diskRoom, "the disk of node \(own) has room again: it takes entries")
        case .peerRoomChanged(let peer, true):
            tracer.warning(
                .peerFull, "the disk of node \(peer) is full: it gets no entries until it has room",
                [.peer(peer.rawValue)])
        case .peerRoomChanged(let peer, false):
            tracer.info(.peerRoom, "the disk of node \(peer) has room again", [.peer(peer.rawValue)])
        case .diskStalled(let milliseconds):
            tracer.error(
                .diskStalled,
                "node \(own) gives up leadership: its disk has not finished a write for \(milliseconds) ms",
                [.reason("a write is under way for \(milliseconds) ms")])
        case .departureGivenUp(let peer):
            tracer.warning(
                .departureUnheard, "node \(peer) was removed and could not be told", [.peer(peer.rawValue)])
        case .clusterFormed(let cluster):
            tracer.notice(.clusterFormed, "formed cluster \(cluster)", [.identity("\(cluster)")])
        case .clusterAdopted(let cluster):
            tracer.notice(.clusterFormed, "joins cluster \(cluster)", [.identity("\(cluster)")])
        case .formationWaiting(let missing):
            let ids = missing.map { "\($0)" }.joined(separator: ", ")
            tracer.notice(
                .formationWaiting, "to form the cluster, nodes \(ids) must answer", [.reason("missing \(ids)")])
        case .formationRefused(let reason): tracer.error(.formationRefused, reason, [.reason(reason)])
        case .votesWithheld(let milliseconds):
            tracer.info(
                .votesWithheld,
                "node \(own) may have promised its vote before its start: it does not vote for \(milliseconds) ms")
        case .leaseEnded(let term):
            tracer.debug(
                .leaseEnded, "leader \(own) hands over and reads without its lease for the rest of term \(term)",
                [.term(term.rawValue)])
        case .readsUnanswered(let leader, let count):
            tracer.info(
                .readsUnanswered, "leader \(leader.id) has not answered: \(count) reads ask it again",
                [.peer(leader.id.rawValue), .count(count)])
        case .protocolViolation(let reason): tracer.error(.protocolViolation, reason, [.reason(reason)])
        }
    }
    /// `voters 1, 2, 3 (before: 1, 2), learners 4`.
    static func describe(_ membership: Membership) -> String {
        func list(_ ids: [NodeID]) -> String { ids.map(\.description).joined(separator: ", ") }
        let learners = membership.members.map(\.member.id).filter { !membership.isVoter($0) }
        var text = "voters \(list(membership.voters))"
        if let outgoing = membership.outgoingVoters { text += " (before: \(list(outgoing)))" }
        if !learners.isEmpty { text += ", learners \(list(learners))" }
        return text
    }
}
