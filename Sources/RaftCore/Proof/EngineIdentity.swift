package import RaftMembership

/// What tells one engine state from another, in a form that a renaming of the servers can be applied to.
///
/// Left out, and why that is sound:
/// - identities of writes: they are compared with those of pending writes only, which are listed in their order;
/// - the start counter, and incarnations: no step reads the first, and the second never change in a model;
/// - what the present role never reads again before it is set anew: votes outside a campaign, `termStart` outside a
///   leadership;
/// - instants: `ModelMoment` sets them before each step; which deadlines are armed is kept;
/// - entries in memory: they are those on disk and in pending writes, which whoever holds those knows; where the cache
///   begins is kept;
/// - numbers of orders for snapshots, which are compared with that of the one order under way;
/// - bytes that were appended: they matter to policies by size only, and a model's logs are small;
/// - room on disk, and damage: no disk of a model is full or damaged;
/// - leases, promises and reads on followers: they are a matter of clocks, and no model asks for them;
/// - formation: a model begins with a cluster that was formed.
///
/// Where the membership changes, servers are not alike, and no renaming is applied: what belongs to it names them.
package struct EngineIdentity: Sendable {
    /// Everything that names no server.
    package var content: UInt64
    /// Servers that are named, in a fixed order.
    package var names: [Member?]
    /// What is kept by slot.
    package var slots: [UInt64]
}

extension RaftEngine {
    package var identity: EngineIdentity {
        var hasher = StableHasher()
        feedState(&hasher)
        feedLog(&hasher)
        feedReads(&hasher)
        feedMembership(&hasher)
        feedSnapshots(&hasher)
        let isCampaigning = role == .preCandidate || role == .candidate
        let slots = membership.members.indices.map { slot in
            var hasher = StableHasher(seed: 1)
            if isCampaigning { hasher.combine(slot < votes.count && votes[slot]) }
            if slot < progress.count { progress[slot].feed(&hasher) }
            transfers.first { $0.member == membership.members[slot].member }?.feed(&hasher)
            return hasher.value
        }
        return EngineIdentity(
            content: hasher.value, names: [hard.votedFor, leader, owedVote?.candidate], slots: slots)
    }

    private func feedState(_ hasher: inout StableHasher) {
        hasher.combine(hard.term.rawValue)
        hasher.combine(hard.commitHint.rawValue)
        hasher.combine(hard.largestPromise)
        hasher.combine(hard.provenThrough.rawValue)
        switch role {
        case .follower: hasher.combine(0)
        case .preCandidate: hasher.combine(1)
        case .candidate: hasher.combine(2)
        case .leader: hasher.combine(3)
        }
        hasher.combine(commitIndex.rawValue)
        hasher.combine(applySubmitted.rawValue)
        hasher.combine(appliedIndex.rawValue)
        hasher.combine(configurations.count)
        for logged in configurations {
            hasher.combine(logged.id.index.rawValue)
            hasher.combine(logged.id.term.rawValue)
        }
        hasher.combine(isFenced)
        hasher.combine(copy == .positions)
        hasher.combine(copy != nil)
        hasher.combine(verified.rawValue)
        hasher.combine(owedVote?.term.rawValue ?? 0)
        hasher.combine(owedVote?.round ?? 0)
        for owed in [owedAppendReply, owedHeartbeatReply] {
            hasher.combine(owed != nil)
            guard let owed else { continue }
            hasher.combine(UInt64(owed.stream))
            hasher.combine(owed.number)
            hasher.combine(owed.hasMatch)
        }
        hasher.combine(campaign)
        hasher.combine(times.commitNotice != .distantFuture)
        hasher.combine(times.waiters != .distantFuture)
        hasher.combine(times.lastLeaderContact != nil)
    }

    private func feedMembership(_ hasher: inout StableHasher) {
        hasher.combine(lastNamed.index.rawValue)
        hasher.combine(lastNamed.term.rawValue)
        hasher.combine(removedBy?.index.rawValue ?? 0)
        if role == .candidate { hasher.combine(transferredFrom.rawValue) }
        hasher.combine(change != nil)
        if let change {
            hasher.combine(change.hasAppended)
            for id in change.goal?.voters ?? [] { hasher.combine(id.rawValue) }
            for record in change.goal?.members ?? [] { hasher.combine(record.member.id.rawValue) }
        }
        if let transfer {
            hasher.combine(transfer.target.id.rawValue)
            hasher.combine(transfer.id != nil)
            hasher.combine(transfer.isFenced)
            hasher.combine(transfer.isSent)
        }
        for slot in progress.indices.dropFirst(membership.members.count) {
            hasher.combine(progress[slot].member.id.rawValue)
            progress[slot].feed(&hasher)
        }
    }

    private func feedLog(_ hasher: inout StableHasher) {
        hasher.combine(log.base.index.rawValue)
        hasher.combine(log.last.index.rawValue)
        for run in log.terms.runs {
            hasher.combine(run.firstIndex.rawValue)
            hasher.combine(run.term.rawValue)
        }
        hasher.combine(log.flushed.rawValue)
        hasher.combine(log.cache.firstIndex?.rawValue ?? 0)
        hasher.combine(log.pendingWrites.count)
        for write in log.pendingWrites {
            hasher.combine(write.firstIndex?.rawValue ?? 0)
            hasher.combine(write.changesHardState)
        }
    }

    private func feedSnapshots(_ hasher: inout StableHasher) {
        hasher.combine(log.base.term.rawValue)
        hasher.combine(snapshots.newest != nil)
        snapshots.newest?.id.feed(&hasher)
        hasher.combine(snapshots.taking?.last.index.rawValue ?? 0)
        hasher.combine(snapshots.receiving != nil)
        if let receiving = snapshots.receiving {
            receiving.snapshot.id.feed(&hasher)
            hasher.combine(receiving.accepted.map { $0 + 1 } ?? 0)
            hasher.combine(receiving.written)
        }
        hasher.combine(snapshots.installing != nil)
        if let installing = snapshots.installing {
            hasher.combine(installing.isRestoring)
            feed(installing.write, &hasher)
        }
        feed(snapshots.naming, &hasher)
        hasher.combine(UInt64(snapshots.stream))
        hasher.combine(snapshots.calls.count)
        for call in snapshots.calls {
            hasher.combine(call.through.rawValue)
            hasher.combine(call.compacts)
            feed(call.write, &hasher)
        }
    }

    /// Which of the writes under way it is.
    private func feed(_ write: WriteID?, _ hasher: inout StableHasher) {
        hasher.combine(log.pendingWrites.firstIndex { $0.id == write }.map { $0 + 1 } ?? 0)
    }

    private func feedReads(_ hasher: inout StableHasher) {
        guard role == .leader else { return }
        hasher.combine(termStart.rawValue)
        uncommitted.feed(&hasher)
        hasher.combine(reads.round)
        hasher.combine(reads.confirmedRound)
        hasher.combine(reads.held.count)
        for read in reads.held { hasher.combine(read.asker.number) }
        for list in [reads.unconfirmed, reads.confirmed] {
            hasher.combine(list.count)
            for read in list {
                hasher.combine(read.asker.number)
                hasher.combine(read.index.rawValue)
                hasher.combine(read.round)
            }
        }
    }
}

extension Progress {
    fileprivate func feed(_ hasher: inout StableHasher) {
        hasher.combine(matchIndex.rawValue)
        hasher.combine(nextIndex.rawValue)
        hasher.combine(mode == .probe)
        hasher.combine(mode == .snapshot)
        hasher.combine(UInt64(stream))
        hasher.combine(sequence)
        hasher.combine(isProbing)
        hasher.combine(probesOwnMatch)
        hasher.combine(isReading)
        hasher.combine(isSuspect)
        hasher.combine(confirmedRound)
        hasher.combine(acceptedIndex.rawValue)
        hasher.combine(toldCommit.rawValue)
        hasher.combine(catchUp.isDone)
        hasher.combine(catchUp.roundEnd?.rawValue ?? 0)
        hasher.combine(UInt64(catchUp.rounds))
        hasher.combine(departure?.confirmingRound ?? 0)
        inflight.feed(&hasher)
    }
}

extension SnapshotID {
    fileprivate func feed(_ hasher: inout StableHasher) {
        hasher.combine(last.index.rawValue)
        hasher.combine(last.term.rawValue)
        hasher.combine(size)
        hasher.combine(UInt64(checksum))
    }
}

extension SnapshotTransfer {
    fileprivate func feed(_ hasher: inout StableHasher) {
        snapshot.id.feed(&hasher)
        hasher.combine(acknowledged)
        hasher.combine(sent)
        hasher.combine(isAccepted)
        hasher.combine(isReading)
        hasher.combine(rewoundAt.map { $0 + 1 } ?? 0)
    }
}

extension Inflight {
    /// What is under way, oldest first.
    fileprivate func feed(_ hasher: inout StableHasher) {
        hasher.combine(count)
        hasher.combine(bytes)
        forEach { lastIndex in hasher.combine(lastIndex.rawValue) }
    }
}
