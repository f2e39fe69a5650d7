import RaftMembership

// A leader's side of log replication (§5.3): pipelined within a window, the leader's own write beside the sends.
extension RaftEngine {
    /// Begins to lead: an entry of the new term first, which commits what came before (§8, rules C1, C8).
    mutating func lead(_ now: Instant, _ fx: inout Effects) {
        resetProgress(now, &fx)
        reads = PendingReads()
        hasHandedOver = false
        uncommitted.removeAll()
        var builder = EntryBatchBuilder(firstIndex: log.last.index.next)
        builder.append(.noOp, term: term, payload: [])
        termStart = log.last.index.next
        append(builder.finish(), now, &fx)
        startReadRound(now, &fx)
    }

    /// A peer's matchIndex starts at 0 whatever it may hold (rule P1).
    private mutating func resetProgress(_ now: Instant, _ fx: inout Effects) {
        progress = []
        times.peers = []
        alignProgress(now, &fx)
        if breaks(.assumeMatch) {
            for slot in progress.indices { progress[slot].matchIndex = log.last.index }
        }
    }

    // MARK: Proposals

    mutating func propose(_ commands: [some ProposedEntry], _ now: Instant, _ fx: inout Effects) {
        if case .refused(let why) = ensureLeading(now) {
            fx.append(.rejected(count: commands.count, why))
            return
        }
        if let transfer, transfer.isFenced {
            fx.append(.rejected(count: commands.count, .transferring(transfer.target)))
            return
        }
        if let full = disksWithoutRoom {
            fx.append(.rejected(count: commands.count, .diskFull(full)))
            return
        }
        // As many as fit under the cap; one always does when nothing waits (rule P8).
        var bytes = 0
        var count = 0
        for command in commands {
            let size = command.entrySize
            let isFirst = count == 0 && uncommitted.count == 0
            guard
                isFirst || uncommitted.bytes + bytes + size <= configuration.maximumUncommittedBytes
                    || breaks(.ignoreUncommittedCap)
            else { break }
            bytes += size
            count += 1
        }
        if count > 0 {
            let first = log.last.index.next
            var builder = EntryBatchBuilder(firstIndex: first, capacity: bytes, count: count)
            for command in commands.prefix(count) { command.append(to: &builder, term: term) }
            fx.append(.accepted(first: first, term: term, count: count))
            append(builder.finish(), now, &fx)
        }
        if count < commands.count { fx.append(.rejected(count: commands.count - count, .overloaded)) }
    }

    /// Appends entries of the leader's own, writes them, and sends them meanwhile.
    mutating func append(_ batch: EntryBatch, _ now: Instant, _ fx: inout Effects) {
        log.append(batch)
        // No-op and configuration entries are exempt from the cap (rule P8).
        let kind = batch.kind(at: 0)
        if kind.hasBody {
            copy = .whole
            uncommitted.add(lastIndex: batch.lastIndex, bytes: batch.byteCount)
        }
        adoptConfigurations(in: batch, now, &fx)
        persist(entries: batch, &fx)
        for slot in progress.indices { replicate(to: slot, now, &fx) }
    }

    // MARK: Sending

    /// Sends the peer whatever its window has room for.
    mutating func replicate(to slot: Int, _ now: Instant, _ fx: inout Effects) {
        let isSelf = progress[slot].member == member
        if isSelf || progress[slot].isSuspect || progress[slot].isReading { return }
        switch progress[slot].mode {
        case .probe:
            if !progress[slot].isProbing { probe(slot, now, &fx) }
        case .replicate:
            while progress[slot].nextIndex <= lastToSend(slot), hasRoom(progress[slot]) {
                guard sendEntries(to: slot, &fx) else { return }
            }
            noteCommit(for: slot, now)
        case .snapshot: continueTransfer(to: slot, now, &fx)
        }
    }

    /// A window in requests, entries and bytes.
    private func hasRoom(_ peer: Progress) -> Bool {
        peer.inflight.count < configuration.windowRequests
            && peer.inflight.bytes < configuration.windowBytes
            && peer.nextIndex - peer.matchIndex <= configuration.windowEntries
    }

    /// One request: the entries from nextIndex on, or none. False when they must come from storage first.
    private mutating func sendEntries(to slot: Int, mayBeEmpty: Bool = false, _ fx: inout Effects) -> Bool {
        let next = progress[slot].nextIndex
        if next.previous < log.base.index {
            offerSnapshot(to: slot, times.now, &fx)
            return false
        }
        // Behind a probe nothing else is under way.
        let room =
            progress[slot].mode == .probe
            ? configuration.windowEntries
            : configuration.windowEntries - (next - progress[slot].matchIndex) + 1
        let last = lastToSend(slot)
        if next > last {
            if mayBeEmpty { sendRequest(.empty, to: slot, &fx) }
            return mayBeEmpty
        }
        guard
            let batch = log.cache.entries(
                from: next, maxCount: min(max(1, room), last - next + 1), maxBytes: configuration.maximumRequestBytes)
        else {
            progress[slot].isReading = true
            fx.append(
                .readEntries(
                    from: next, through: min(log.flushed, next + (max(1, room) - 1)), for: progress[slot].member.id,
                    stream: progress[slot].stream))
            return false
        }
        sendRequest(batch, to: slot, &fx)
        return true
    }

    /// Up to where a peer is sent entries. A witness gets what is on this leader's disk: of an entry that only a witness has
    /// after a crash nobody could lead again who has to lead (rule X4).
    private func lastToSend(_ slot: Int) -> LogIndex {
        progress[slot].isWitness && !breaks(.sendEarlyToWitness) ? min(log.last.index, log.flushed) : log.last.index
    }

    /// More is on this leader's disk.
    mutating func replicateToWitnesses(_ now: Instant, _ fx: inout Effects) {
        for slot in progress.indices where slot < progress.count && progress[slot].isWitness {
            replicate(to: slot, now, &fx)
        }
    }

    private mutating func sendRequest(_ entries: EntryBatch, to slot: Int, _ fx: inout Effects) {
        let isWhole = !progress[slot].isWitness || breaks(.sendBodiesToWitness)
        let batch = isWhole ? entries : entries.withoutBodies()
        let previous = progress[slot].nextIndex.previous
        guard let previousTerm = log.terms.term(at: previous) else { return }
        progress[slot].sequence += 1
        noteSent(request: progress[slot].sequence, to: slot)
        if !batch.isEmpty {
            progress[slot].nextIndex = batch.lastIndex.next
            progress[slot].inflight.add(lastIndex: batch.lastIndex, bytes: batch.byteCount)
        }
        progress[slot].toldCommit = min(commitIndex, progress[slot].nextIndex.previous)
        send(
            .appendEntries(
                AppendEntries(
                    term: term, stream: progress[slot].stream, sequence: progress[slot].sequence,
                    previous: LogID(term: previousTerm, index: previous), leaderCommit: commitIndex, entries: batch)),
            to: progress[slot].member, &fx)
    }

    /// Begins a new stream with one request, whose answer says where the logs agree. A peer that does not answer costs
    /// one probe at a time, ever more rarely (rule P5).
    private mutating func probe(_ slot: Int, _ now: Instant, _ fx: inout Effects) {
        beginStream(slot)
        progress[slot].isProbing = true
        progress[slot].probesOwnMatch =
            progress[slot].matchIndex > .zero && progress[slot].nextIndex.previous == progress[slot].matchIndex
        let backoff = max(times.peers[slot].probeBackoff, configuration.electionTimeout.lowerBound)
        times.peers[slot].probeAgain = now + (breaks(.probeWithoutBackoff) ? 0 : backoff)
        times.peers[slot].probeBackoff = min(2 * backoff, 8 * configuration.electionTimeout.upperBound)
        // It may not know yet that it belongs (rule M9).
        if progress[slot].matchIndex == .zero, let cluster = hard.cluster {
            send(.adopt(Adopt(cluster: cluster)), to: progress[slot].member, &fx)
        }
        _ = sendEntries(to: slot, mayBeEmpty: true, &fx)
    }

    /// Forgets what was under way: answers to it will be discarded (rule P3).
    mutating func beginStream(_ slot: Int) {
        progress[slot].stream = progress[slot].stream == .max ? 1 : progress[slot].stream + 1
        progress[slot].sequence = 0
        times.peers[slot].request = nil
        progress[slot].mode = .probe
        progress[slot].isProbing = false
        progress[slot].isReading = false
        progress[slot].acceptedIndex = .zero
        progress[slot].inflight.removeAll()
    }

    /// Looks for agreement again, from `next` on.
    mutating func restart(_ slot: Int, from next: LogIndex, _ now: Instant, _ fx: inout Effects) {
        beginStream(slot)
        progress[slot].nextIndex = max(min(next, log.last.index.next), progress[slot].matchIndex.next)
        times.peers[slot].stalledSince = nil
        replicate(to: slot, now, &fx)
    }

    mutating func entriesRead(
        _ batch: EntryBatch, _ peer: NodeID, _ stream: UInt32, _ now: Instant, _ fx: inout Effects
    ) {
        guard role == .leader,
            let slot = progress.firstIndex(where: { $0.member.id == peer && $0.isReading && $0.stream == stream })
        else { return }
        progress[slot].isReading = false
        // Read in an earlier leadership, it may differ from the log of now; equal terms say that it does not (§5.3).
        guard !batch.isEmpty, batch.firstIndex == progress[slot].nextIndex,
            log.terms.term(at: batch.lastIndex) == batch.term(at: batch.count - 1)
        else {
            // The log may have been cut while storage read.
            if progress[slot].nextIndex.previous < log.base.index { offerSnapshot(to: slot, now, &fx) }
            return
        }
        sendRequest(batch, to: slot, &fx)
        replicate(to: slot, now, &fx)
    }

    mutating func connected(_ peer: Member, _ now: Instant, _ fx: inout Effects) {
        if formation != nil { formationPeerConnected(peer, &fx) }
        newcomerConnected(peer, &fx)
        noteLife(of: peer, now, &fx)
        guard role == .leader, let slot = progress.firstIndex(where: { $0.member == peer }), peer != member else {
            return
        }
        // What was under way on the connection before is lost.
        times.peers[slot].probeBackoff = 0
        restart(
            slot, from: progress[slot].matchIndex > .zero ? progress[slot].matchIndex.next : log.last.index.next,
            now, &fx)
    }

    // MARK: Replies

    mutating func receive(_ reply: AppendReply, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard let slot = slotOfReply(term: reply.term, stream: reply.stream, from: sender, now, &fx),
            reply.sequence <= progress[slot].sequence
        else { return }
        switch reply.outcome {
        case .matched(let index):
            noteAcknowledged(request: reply.sequence, reply.promise, by: slot, now)
            if !reply.lacksRoom {
                if progress[slot].isProbing {
                    progress[slot].isProbing = false
                    progress[slot].mode = .replicate
                }
                times.peers[slot].probeBackoff = 0
            }
            noteRoom(of: slot, lacksRoom: reply.lacksRoom, now, &fx)
            acknowledge(slot, through: index, now, &fx)
        case .conflict(let hint):
            if progress[slot].probesOwnMatch, progress[slot].isProbing {
                suspect(slot, &fx)
                return
            }
            var index = min(hint.index, log.last.index)
            if breaks(.hintMovesMatch), index > progress[slot].matchIndex {
                acknowledge(slot, through: index, now, &fx)
            }
            if let own = log.terms.term(at: index), own > hint.term {
                index = min(index, log.terms.lastIndex(withTermAtMost: hint.term))
            }
            restart(slot, from: index.next, now, &fx)
        }
    }

    mutating func receive(_ reply: HeartbeatReply, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard let slot = slotOfReply(term: reply.term, stream: reply.stream, from: sender, now, &fx) else { return }
        guard reply.hasMatch else {
            // Heartbeats build on what the peer acknowledged in this very term (rule L3).
            suspect(slot, &fx)
            return
        }
        noteAcknowledged(beat: reply.round, reply.promise, by: slot, now)
        let round = breaks(.lateRoundConfirms) ? reads.round : reply.round
        if round > progress[slot].confirmedRound, round <= reads.round {
            progress[slot].confirmedRound = round
            confirmReads(now, &fx)
            if progress[slot].departure != nil {
                endDepartures(now, &fx)
                guard slot < progress.count, progress[slot].member == sender else { return }
            }
        }
        noteRoom(of: slot, lacksRoom: reply.lacksRoom, now, &fx)
        if progress[slot].isProbing, !reply.lacksRoom, reply.accepted >= progress[slot].nextIndex.previous {
            // The probe arrived and matched; only the disk takes its time. Probing on would run past the window.
            progress[slot].isProbing = false
            progress[slot].mode = .replicate
        }
        if progress[slot].mode == .replicate {
            acknowledge(slot, through: reply.matched, now, &fx)
            guard role == .leader, let slot = progress.firstIndex(where: { $0.member == sender }) else { return }
            noticeLoss(slot, accepted: reply.accepted, now, &fx)
        }
    }

    /// The slot of a reply that counts; steps down when it shows a higher term, whatever else it says (rule V9).
    mutating func slotOfReply(
        term replyTerm: Term, stream: UInt32, from sender: Member, _ now: Instant, _ fx: inout Effects
    ) -> Int? {
        if replyTerm > term {
            // The word of a member counts, whoever leads; a stranger's does not.
            if isMember(sender), !breaks(.ignoreTermInReplies) { adopt(replyTerm, now, &fx) }
            return nil
        }
        guard replyTerm == term, role == .leader, sender != member,
            let slot = progress.firstIndex(where: { $0.member == sender }), !progress[slot].isSuspect
        else { return nil }
        noteHeard(slot, now)
        return stream == progress[slot].stream || breaks(.acceptEarlierStream) ? slot : nil
    }

    /// A peer that was silent and is heard again, as after a cut, is probed with the next heartbeat: it does not wait out
    /// a back-off that grew while it could not answer (rule P4). A silence lasts at least as long as the shortest
    /// back-off, so that this never costs more than two probes in that time (rule P5).
    private mutating func noteHeard(_ slot: Int, _ now: Instant) {
        if let heard = times.peers[slot].lastHeard, now - heard > configuration.electionTimeout.lowerBound {
            times.peers[slot].probeBackoff = 0
            times.peers[slot].probeAgain = now
        }
        times.peers[slot].lastHeard = now
    }

    mutating func acknowledge(_ slot: Int, through index: LogIndex, _ now: Instant, _ fx: inout Effects) {
        let peer = progress[slot].member
        guard index <= log.last.index else {
            fence("node \(progress[slot].member.id) acknowledges entry \(index), which this leader never had", &fx)
            return
        }
        if index > progress[slot].matchIndex {
            times.peers[slot].lossPatience = configuration.electionTimeout.lowerBound
            progress[slot].matchIndex = index
            progress[slot].nextIndex = max(progress[slot].nextIndex, index.next)
            if !breaks(.leakInflight) { progress[slot].inflight.acknowledge(through: index) }
            let hasCaughtUp = progress[slot].catchUp.roundEnd != nil && countCatchUp(slot, now, &fx)
            advanceCommit(now, &fx)
            if hasCaughtUp { advanceMembership(now, &fx) }
        }
        // Leadership may have been handed over meanwhile, and a configuration may have moved the slots.
        guard role == .leader, let slot = progress.firstIndex(where: { $0.member == peer }) else { return }
        replicate(to: slot, now, &fx)
        if transfer != nil { advanceTransfer(now, &fx) }
    }

    /// Tells lost requests from a disk that takes its time: what arrived is in the peer's accepted index at once.
    private mutating func noticeLoss(_ slot: Int, accepted: LogIndex, _ now: Instant, _ fx: inout Effects) {
        let isWaiting = accepted < progress[slot].nextIndex.previous
        if accepted > progress[slot].acceptedIndex || !isWaiting {
            progress[slot].acceptedIndex = max(accepted, progress[slot].acceptedIndex)
            times.peers[slot].stalledSince = nil
        }
        guard isWaiting else { return }
        guard let since = times.peers[slot].stalledSince else {
            times.peers[slot].stalledSince = now
            return
        }
        // A large entry on a slow link takes longer than a lost one is worth waiting for: patience grows.
        let patience = max(times.peers[slot].lossPatience, configuration.electionTimeout.lowerBound)
        guard now - since >= patience else { return }
        times.peers[slot].lossPatience = min(2 * patience, 16 * configuration.electionTimeout.upperBound)
        restart(slot, from: accepted.next, now, &fx)
    }

    /// It acknowledged entries of this term as durable and does not have them: amnesiac or damaged (rules L3, M10).
    private mutating func suspect(_ slot: Int, _ fx: inout Effects) {
        fx.append(.trace(.peerSuspect(progress[slot].member.id, progress[slot].matchIndex)))
        progress[slot].isSuspect = !breaks(.keepSuspectInQuorum)
        progress[slot].inflight.removeAll()
    }

    // MARK: Heartbeats

    mutating func heartbeatDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        guard role == .leader else {
            times.heartbeat = .distantFuture
            return
        }
        if isDiskStalled(now) {
            giveUpForDisk(now, &fx)
            return
        }
        guard hasLiveQuorum(within: configuration.electionTimeout.upperBound, now) || breaks(.leadWithoutQuorum) else {
            stepDownWithoutQuorum(now, &fx)
            return
        }
        // The origin is random and the period fixed: no drift (rule K2). After a pause the missed beats are skipped.
        let missed = (now - times.heartbeat) / configuration.heartbeatInterval
        times.heartbeat = times.heartbeat + (missed + 1) * configuration.heartbeatInterval
        endDepartures(now, &fx)
        startReadRound(now, &fx)
        advanceMembership(now, &fx)
        handOverForRoom(now, &fx)
        repeatTimeoutNow(&fx)
        for slot in progress.indices where now >= times.peers[slot].probeAgain {
            if progress[slot].isProbing {
                progress[slot].isProbing = false
                replicate(to: slot, now, &fx)
            } else if progress[slot].mode == .snapshot, !progress[slot].isSuspect {
                offerSnapshot(to: slot, now, &fx)
            }
        }
    }

    /// Heartbeats to all, with the current read round in them.
    mutating func broadcastHeartbeat(_ fx: inout Effects) {
        for slot in progress.indices { sendHeartbeat(to: slot, &fx) }
    }

    private mutating func sendHeartbeat(to slot: Int, _ fx: inout Effects) {
        let peer = progress[slot]
        if peer.member == member { return }
        // Prev is the peer's matchIndex, so that overtaking appends causes no false conflict (rule L3).
        let previous = log.terms.term(at: peer.matchIndex).map { LogID(term: $0, index: peer.matchIndex) } ?? .zero
        let commit = breaks(.trustHeartbeatCommit) ? commitIndex : min(commitIndex, previous.index)
        progress[slot].toldCommit = max(peer.toldCommit, commit)
        noteDeparture(slot, told: commit)
        noteSent(beat: reads.round, to: slot)
        send(
            .heartbeat(
                Heartbeat(
                    term: term, stream: peer.stream, previous: previous, leaderCommit: commit, round: reads.round)),
            to: peer.member, &fx)
    }

    /// An idle peer hears of a new commit index soon, but not before the next request had a chance to carry it.
    mutating func noteCommit(for slot: Int, _ now: Instant) {
        guard progress[slot].toldCommit < min(commitIndex, progress[slot].matchIndex) else { return }
        times.commitNotice = min(times.commitNotice, now + configuration.heartbeatInterval / 16)
    }

    mutating func commitNoticeDeadlineReached(_ fx: inout Effects) {
        times.commitNotice = .distantFuture
        guard role == .leader else { return }
        for slot in progress.indices
        where progress[slot].toldCommit < min(commitIndex, progress[slot].matchIndex) {
            sendHeartbeat(to: slot, &fx)
        }
    }
}
