import RaftMembership

// A leader's side of log replication (§5.3): pipelined within a window, the leader's own write beside the sends.
extension RaftEngine {
    /// Begins to lead: an entry of the new term first, which commits what came before (§8, rules C1, C8).
    mutating func lead(_ now: Instant, _ fx: inout Effects) {
        resetProgress(now, &fx)
        reads = PendingReads()
        hasHandedOver = false
        uncommitted.removeAll()
        termStart = log.last.index.next
        appendNoOp(now, &fx)
        startReadRound(now, &fx)
    }

    mutating func appendNoOp(_ now: Instant, _ fx: inout Effects) {
        var builder = EntryBatchBuilder(firstIndex: log.last.index.next)
        builder.append(.noOp, term: term, payload: [])
        append(builder.finish(), now, &fx)
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
                    from: next, through: min(last, log.flushed, next + (max(1, room) - 1)),
                    for: progress[slot].member.id, stream: progress[slot].stream))
            return false
        }
        sendRequest(batch, to: slot, &fx)
        return true
    }

    /// Up to where a peer is sent entries. A witness gets what is on the disk of somebody who may lead: of an entry that only
    /// a witness has after a crash nobody could lead again who has to lead (rule X4).
    private func lastToSend(_ slot: Int) -> LogIndex {
        guard progress[slot].isWitness, !breaks(.sendEarlyToWitness) else { return log.last.index }
        return min(log.last.index, membership.isVoter(member) ? log.flushed : lastAtFullVoters)
    }

    /// A leader outside of its configuration (rule M4) is nobody who could lead once it has handed over.
    private var lastAtFullVoters: LogIndex {
        var last = LogIndex.zero
        for (slot, record) in membership.members.enumerated()
        where membership.isVoter(record.member) && !record.isWitness && !progress[slot].isSuspect {
            last = max(last, progress[slot].matchIndex)
        }
        return last
    }

    /// More is where a witness may have it from: on this leader's disk, or on that of a voter when this leader is none.
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
        // Asked for by a leader that could lead yet (rule M4), it may be more than a witness is to have now.
        let rest = batch.prefix(through: lastToSend(slot))
        if !rest.isEmpty { sendRequest(rest, to: slot, &fx) }
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
}
