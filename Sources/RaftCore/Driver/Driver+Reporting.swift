package import RaftMembership
import RaftTracing

// What the driver tells the world: errors, metrics, trace events, the outcome of forming a cluster.
extension Driver {
    package var identity: NodeIdentity {
        NodeIdentity(
            clusterName: clusterName, cluster: engine.hard.cluster, member: engine.member, groups: [engine.group],
            clientAddresses: ownClientAddresses)
    }

    /// Everybody to keep a connection to: the members, and while a cluster is being formed those named for it.
    func peers() -> [Peer] {
        let own = engine.member.id
        if let formation = engine.formation, engine.membership.isEmpty {
            return formation.members.filter { $0.id != own }.map { Peer(id: $0.id, addresses: $0.addresses) }
        }
        return engine.membership.members.filter { $0.member.id != own }
            .map { Peer(id: $0.member.id, addresses: $0.addresses) }
    }

    var leaderHint: LeaderHint? {
        guard let leader = engine.leader else { return nil }
        let addresses = leader == engine.member ? ownClientAddresses : clientAddresses[leader.id] ?? []
        return LeaderHint(id: leader.id, clientAddresses: addresses)
    }

    func error(for rejection: Rejection) -> RaftError {
        switch rejection {
        case .notLeader:
            if let hint = leaderHint {
                return RaftError(.notLeader, "node \(hint.id) leads: ask it", leader: hint)
            }
            return RaftError(.notLeader, "no leader is known at the moment: try again")
        case .notFormed: return RaftError(.notFormed, "this node belongs to no cluster yet: bootstrap one first")
        case .overloaded: return Self.overloaded
        case .fenced: return RaftError(.stopped, failure?.message ?? "this node has stopped itself")
        }
    }

    /// Calls that wait, by what they wait for. Each queue is bounded.
    package var depths: (waiters: Int, reads: Int, machine: Int, bootstraps: Int) {
        (waiters.count, reads.count, applier.queuedCount, bootstraps.count)
    }

    // MARK: Formation

    func formationProgressed(_ progress: FormationProgress) {
        switch progress {
        case .waiting: break
        case .formed(let cluster): endBootstraps(.success(cluster))
        case .refusedCall(let reason):
            guard let id = currentBootstrap else { return }
            bootstraps.removeValue(forKey: id)?(.failure(RaftError(.formation, reason)))
        case .refused(let reason): endBootstraps(.failure(RaftError(.formation, reason)))
        }
    }

    func endBootstraps(_ result: Result<ClusterID, RaftError>) {
        let waiting = bootstraps
        bootstraps = [:]
        for (_, completion) in waiting.sorted(by: { $0.key < $1.key }) { completion(result) }
    }

    // MARK: Metrics

    /// Published after the effects it describes, to those who listen, when something changed (rule W5).
    func publish(_ now: Instant) {
        guard !subscribers.isEmpty else { return }
        let metrics = metrics(now)
        guard metrics != publishedMetrics else { return }
        publishedMetrics = metrics
        for subscriber in subscribers.values { subscriber.yield(metrics) }
    }

    package func metrics(_ now: Instant) -> RaftMetrics {
        let engine = engine
        let peers: [RaftMetrics.Peer] = engine.progress.enumerated().compactMap { slot, peer in
            guard peer.member != engine.member else { return nil }
            let heard = engine.times.peers[slot].lastHeard
            let silence = heard.map { now - $0 }
            let state: String
            if peer.isSuspect {
                state = "suspect"
            } else if let silence, silence > configuration.electionTimeout.upperBound {
                state = "unreachable"
            } else {
                state = peer.mode.rawValue
            }
            return RaftMetrics.Peer(
                id: peer.member.id, matchIndex: peer.matchIndex, state: state,
                lastContactMilliseconds: silence.map { $0 / 1_000_000 },
                inflightEntries: peer.mode == .replicate ? peer.nextIndex - peer.matchIndex - 1 : 0)
        }
        return RaftMetrics(
            node: engine.member.id, member: engine.member, clusterName: clusterName, cluster: engine.hard.cluster,
            role: role, term: engine.term, leader: leaderHint, commitIndex: engine.commitIndex,
            appliedIndex: engine.appliedIndex, flushedIndex: engine.log.flushed, lastIndex: engine.log.last.index,
            snapshotIndex: engine.log.base.index, purgedIndex: engine.log.base.index, membership: engine.membership,
            peers: peers, pendingProposals: waiters.count, uncommittedBytes: engine.uncommitted.bytes,
            failure: failure?.message)
    }

    private var role: RaftRole {
        if engine.isFenced { return .fenced }
        switch engine.role {
        case .leader: return .leader
        case .candidate, .preCandidate: return .candidate
        case .follower:
            let membership = engine.membership
            guard let slot = membership.slot(of: engine.member) else { return .follower }
            if membership.members[slot].isWitness { return .witness }
            return membership.isVoter(engine.member) ? .follower : .learner
        }
    }

    // MARK: Trace events

    func trace(_ event: EngineEvent) {
        let own = engine.member.id
        switch event {
        case .roleChanged(let role, let term):
            tracer.info(
                .roleChanged, "node \(own) is \(role.rawValue) in term \(term)",
                [.role(role.rawValue), .term(term.rawValue)])
        case .leaderChanged(let leader?, let term):
            tracer.info(
                leader == engine.member ? .leaderElected : .termChanged, "node \(leader.id) leads term \(term)",
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
        case .configurationAdopted(let id, let membership):
            let ids = membership.members.map { "\($0.member.id)" }.joined(separator: ", ")
            tracer.info(
                .configurationAdopted, "the configuration in entry \(id) is in effect: members \(ids)",
                [.index(id.index.rawValue), .term(id.term.rawValue)])
        case .clusterFormed(let cluster):
            tracer.notice(.clusterFormed, "formed cluster \(cluster)", [.cluster("\(cluster)")])
        case .clusterAdopted(let cluster):
            tracer.notice(.clusterFormed, "joins cluster \(cluster)", [.cluster("\(cluster)")])
        case .formationWaiting(let missing):
            let ids = missing.map { "\($0)" }.joined(separator: ", ")
            tracer.notice(
                .formationWaiting, "to form the cluster, nodes \(ids) must answer", [.reason("missing \(ids)")])
        case .formationRefused(let reason): tracer.error(.formationRefused, reason, [.reason(reason)])
        case .protocolViolation(let reason): tracer.error(.protocolViolation, reason, [.reason(reason)])
        }
    }
}
