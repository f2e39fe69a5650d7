import RaftMembership
import RaftTracing

// What the driver tells the world: errors, metrics, the outcome of forming a cluster.
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
        // Who was removed asks nothing of anybody (rule M6), once it has handed over (rule M4).
        if engine.isRemoved, engine.role != .leader { return [] }
        var peers = engine.membership.members.filter { $0.member.id != own }
            .map { Peer(id: $0.member.id, addresses: $0.addresses) }
        // Beside the members those that are to join, and those that left and are to be told.
        for other in engine.strangers {
            if let at = peers.firstIndex(where: { $0.id == other.id }) {
                // The next life of a member, perhaps at another place.
                for address in other.addresses where !peers[at].addresses.contains(address) {
                    peers[at].addresses.append(address)
                }
            } else {
                peers.append(Peer(id: other.id, addresses: other.addresses))
            }
        }
        return peers
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
        case .diskFull(let nodes): return withoutRoom(nodes)
        case .transferring(let target):
            let hint = LeaderHint(id: target.id, clientAddresses: clientAddresses[target.id] ?? [])
            return RaftError(
                .notLeader, "leadership is being handed to node \(target.id): ask it in a moment", leader: hint)
        case .removed: return RaftError(.removed, "this node was removed from the cluster: ask a member")
        case .witness:
            let hint = leaderHint
            return RaftError(
                .notLeader,
                "this node is a witness and has no state to read: ask \(hint.map { "node \($0.id), which leads" } ?? "another")",
                leader: hint)
        case .unconfirmed:
            return RaftError(
                .unconfirmed,
                "the leader did not confirm the read in time, or this node is too far behind: ask it again, or another")
        case .tooStale(let age): return .tooStale(age: age)
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
            let isLeaving = peer.departure != nil
            let heard = engine.times.peers[slot].lastHeard
            let silence = heard.map { now - $0 }
            let state: String
            if peer.isSuspect {
                state = "suspect"
            } else if peer.lacksRoom {
                state = "full"
            } else if let silence, silence > configuration.electionTimeout.upperBound {
                state = "unreachable"
            } else {
                state =
                    isLeaving ? "leaving" : peer.mode == .replicate && peer.isReading ? "lagging" : peer.mode.rawValue
            }
            return RaftMetrics.Peer(
                id: peer.member.id, matchIndex: peer.matchIndex, state: state,
                lastContactMilliseconds: silence.map { $0 / 1_000_000 },
                roundTripNanoseconds: engine.times.peers[slot].roundTrip,
                inflightEntries: peer.mode == .replicate ? peer.nextIndex - peer.matchIndex - 1 : 0,
                snapshot: engine.transfers.first { $0.member == peer.member }.map {
                    RaftMetrics.Transfer(
                        index: $0.snapshot.last.index, bytes: $0.snapshot.size, acknowledgedBytes: $0.acknowledged)
                })
        }
        return RaftMetrics(
            node: engine.member.id, member: engine.member, clusterName: clusterName, cluster: engine.hard.cluster,
            role: role, term: engine.term, leader: leaderHint, commitIndex: engine.commitIndex,
            appliedIndex: engine.appliedIndex, flushedIndex: engine.log.flushed, lastIndex: engine.log.last.index,
            snapshotIndex: engine.snapshots.newest?.last.index ?? .zero, purgedIndex: engine.log.base.index,
            membership: engine.membership,
            membershipID: engine.effective.id, isMembershipCommitted: engine.effective.id == engine.committed.id,
            peers: peers, pendingProposals: waiters.count, openSessions: sessionGauge.count,
            uncommittedBytes: engine.uncommitted.bytes,
            leaseMilliseconds: leaseMilliseconds(now),
            queues: RaftMetrics.Queues(
                inbox: mailbox.count, reads: reads.count, writes: engine.times.writes.count,
                machine: applier.queuedCount),
            latencies: latencies.values,
            isDiskFull: engine.room.isFull,
            failure: failure?.message)
    }

    /// A single voter's lease never ends.
    private func leaseMilliseconds(_ now: Instant) -> UInt64? {
        let end = engine.leaseEnd(now)
        guard end > now else { return nil }
        return end == .distantFuture ? .max : (end - now) / 1_000_000
    }

    var role: RaftRole {
        if engine.isFenced { return .fenced }
        if engine.isRemoved, engine.role != .leader { return .removed }
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
}
