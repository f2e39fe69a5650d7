import RaftMembership

// A follower's side of log replication (§5.3).
extension RaftEngine {
    mutating func receive(_ request: AppendEntries, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard acknowledgeLeader(sender, term: request.term, now, &fx) else {
            // The sender learns the higher term from a reply that says nothing else (rule V9): stream 0 is nobody's,
            // so that it means nothing to a sender that leads this term by now (rule P3).
            if !isFenced {
                reply(to: sender, stream: 0, sequence: request.sequence, .conflict(hint: .zero), &fx)
            }
            return
        }
        if isUnreadable(request.previous) {
            reportDamage(to: sender, stream: request.stream, &fx)
            return
        }
        guard matches(request.previous) else {
            let hint = conflictHint(for: request.previous)
            fx.append(.trace(.conflict(sender.id, request.previous.index)))
            if breaks(.commitBeforeCheck) { commit(upTo: min(request.leaderCommit, log.last.index), &fx) }
            // It promises nothing, so it need not wait for the disk.
            reply(to: sender, stream: request.stream, sequence: request.sequence, .conflict(hint: hint), &fx)
            return
        }
        let entries = admitted(request.entries)
        guard take(entries, now, &fx) else { return }
        let proven = max(request.previous.index, entries.isEmpty ? .zero : entries.lastIndex)
        verified = max(verified, proven)
        commit(upTo: min(request.leaderCommit, breaks(.commitUnverified) ? log.last.index : proven), &fx)
        owedAppendReply = OwedReply(stream: request.stream, number: request.sequence)
        // What is on disk already is acknowledged at once, the rest when its write is done (rule L10).
        if log.flushed >= verified || isStuck || breaks(.acknowledgeBeforeDurable) { sendOwedReplies(&fx) }
    }

    mutating func receive(_ heartbeat: Heartbeat, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard acknowledgeLeader(sender, term: heartbeat.term, now, &fx) else {
            if !isFenced {
                replyToHeartbeat(
                    from: sender, OwedReply(stream: 0, number: heartbeat.round, hasMatch: false), &fx)
            }
            return
        }
        if isUnreadable(heartbeat.previous) {
            reportDamage(to: sender, stream: heartbeat.stream, &fx)
            return
        }
        // Checked like any other request (rule L3).
        let hasMatch = matches(heartbeat.previous)
        if hasMatch {
            verified = max(verified, heartbeat.previous.index)
            commit(upTo: min(heartbeat.leaderCommit, heartbeat.previous.index), &fx)
        }
        if breaks(.trustHeartbeatCommit) { commit(upTo: min(heartbeat.leaderCommit, log.last.index), &fx) }
        owedHeartbeatReply = OwedReply(stream: heartbeat.stream, number: heartbeat.round, hasMatch: hasMatch)
        // Waits for a pending change of term, never for entries (rule L10).
        if !log.isHardStatePending { sendOwedHeartbeatReply(&fx) }
    }

    /// Takes the sender of an append or heartbeat for the leader of its term. False when it is not.
    mutating func acknowledgeLeader(
        _ sender: Member, term senderTerm: Term, _ now: Instant, _ fx: inout Effects
    ) -> Bool {
        if senderTerm < term { return false }
        if senderTerm > term {
            adopt(senderTerm, leader: sender, now, &fx)
        } else if role == .leader {
            fence("node \(sender.id) claims to lead term \(term), which this node leads", &fx)
            return false
        } else if role != .follower || leader != sender {
            if let leader, leader != sender {
                fence("nodes \(leader.id) and \(sender.id) both claim to lead term \(term)", &fx)
                return false
            }
            becomeFollower(of: sender, now, &fx)
        }
        times.lastLeaderContact = now
        bind(now)
        times.electionTimeouts = 0
        resetElectionDeadline(now)
        return true
    }

    /// Whether the log holds the entry that the leader's request builds on. What a snapshot covers matches any leader
    /// (rule L5).
    private func matches(_ previous: LogID) -> Bool {
        if previous.index <= log.base.index { return true }
        return log.terms.term(at: previous.index) == previous.term
    }

    /// Where the leader may find agreement: the last of this log's entries that could match, always below `previous`
    /// (rule L6), and never below what is committed, which every leader has.
    private func conflictHint(for previous: LogID) -> LogID {
        if breaks(.conflictHintStays) { return previous }
        var index = min(log.last.index, previous.index.previous)
        if index > log.base.index { index = min(index, log.terms.lastIndex(withTermAtMost: previous.term)) }
        index = max(index, min(commitIndex, previous.index.previous))
        return LogID(term: log.terms.term(at: index) ?? log.base.term, index: index)
    }

    /// Adds what is new of `entries`, after cutting what really conflicts (rules L1, L2). False when fenced.
    private mutating func take(_ entries: EntryBatch, _ now: Instant, _ fx: inout Effects) -> Bool {
        guard !entries.isEmpty else { return true }
        var position = max(0, log.base.index - entries.firstIndex + 1)
        while position < entries.count {
            let id = entries.id(at: position)
            guard id.index <= log.last.index, log.terms.term(at: id.index) == id.term else { break }
            position += 1
        }
        guard position < entries.count else {
            if breaks(.truncateWithoutConflict), (commitIndex..<log.last.index).contains(entries.lastIndex) {
                truncate(after: entries.lastIndex, now, &fx)
                persist(truncateAfter: entries.lastIndex, &fx)
            }
            return true
        }
        let fresh = entries.slice(from: entries.firstIndex + position)
        guard fresh.term(at: fresh.count - 1) <= term else {
            // It costs nothing to leave it alone, so it is reported and dropped.
            fx.append(.trace(.protocolViolation("the leader of term \(term) sent an entry of a later term")))
            return false
        }
        guard fresh.term(at: 0) >= (log.terms.term(at: fresh.firstIndex.previous) ?? log.base.term) else {
            fence("the leader of term \(term) sent entry \(fresh.firstIndex) with a term below the one before", &fx)
            return false
        }
        guard checkMeaning(of: fresh, &fx), admits(fresh, &fx) else { return false }
        if damage != nil, fresh.firstIndex == log.last.index.next { return repair(with: fresh, now, &fx) }
        let isConflict = fresh.firstIndex <= log.last.index
        if isConflict {
            guard fresh.firstIndex > max(commitIndex, hard.commitHint) else {
                fence("the leader of term \(term) would overwrite committed entry \(fresh.firstIndex)", &fx)
                return false
            }
            truncate(after: fresh.firstIndex.previous, now, &fx)
        }
        var cut = isConflict ? fresh.firstIndex.previous : nil
        if isConflict, damage != nil {
            // What stands behind a conflict conflicts too; it goes when nothing says any more that it is in doubt.
            endDamage(&fx)
            persist(truncateAfter: cut, &fx)
            cut = nil
        }
        log.append(fresh)
        adoptConfigurations(in: fresh, now, &fx)
        // What this node cannot understand it must not write: it could not start again on it (rule L13).
        if isFenced { return false }
        persist(truncateAfter: cut, entries: fresh, &fx)
        log.evict(downTo: configuration.cacheBytes)
        return true
    }

    private mutating func truncate(after index: LogIndex, _ now: Instant, _ fx: inout Effects) {
        fx.append(.trace(.truncated(after: index, lost: log.last.index - index)))
        log.truncate(after: index)
        verified = min(verified, index)
        fx.append(.abandon(after: index))
        // A configuration goes with its entry (rule M2).
        if effective.id.index > index, !breaks(.keepTruncatedConfiguration) {
            let lowest = max(index, committed.id.index)
            configurations.removeAll { $0.id.index > lowest }
            configurationChanged(now, &fx)
        }
    }

    /// An entry this release does not know, its extensions included, fences the node (rule L13), and so does a
    /// configuration that is none, or is another cluster's: before anything of it is written.
    private mutating func checkMeaning(of batch: EntryBatch, _ fx: inout Effects) -> Bool {
        for position in 0..<batch.count {
            let kind = batch.kind(at: position)
            guard kind.isKnown || breaks(.skipUnknownKind) else {
                fence(
                    "entry \(batch.id(at: position)) is of kind \(kind.rawValue), which only a newer release knows; "
                        + "upgrade this node", &fx)
                return false
            }
            if !batch.isPlain || kind == .session {
                do {
                    try batch.withUnsafeBytes(ofEntryAt: position) { try EntryBatch.checkMeaning(kind, of: $0) }
                } catch {
                    fence("entry \(batch.id(at: position)) cannot be applied: \(error); upgrade this node", &fx)
                    return false
                }
            }
            guard kind == .configuration else { continue }
            do {
                let payload = try batch.withPayload(at: position) { try MembershipCodec.decode($0) }
                guard payload.cluster != hard.cluster else { continue }
                fence("entry \(batch.id(at: position)) belongs to cluster \(payload.cluster)", &fx)
            } catch {
                fence("the configuration in entry \(batch.id(at: position)) \(error)", &fx)
            }
            return false
        }
        return true
    }

    // MARK: Replies

    /// Answers what waited for the disk, as far as it is durable now.
    mutating func sendOwedReplies(_ fx: inout Effects) {
        guard !log.isHardStatePending || breaks(.acknowledgeBeforeDurable) else { return }
        sendOwedHeartbeatReply(&fx)
        guard let owed = owedAppendReply, let leader, role == .follower else { return }
        let durable = breaks(.acknowledgeBeforeDurable) ? verified : min(verified, log.flushed)
        if durable >= verified || isStuck { owedAppendReply = nil }
        reply(to: leader, stream: owed.stream, sequence: owed.number, .matched(durable), &fx)
    }

    private mutating func sendOwedHeartbeatReply(_ fx: inout Effects) {
        guard let owed = owedHeartbeatReply, let leader, role == .follower else { return }
        owedHeartbeatReply = nil
        replyToHeartbeat(from: leader, owed, &fx)
    }

    private func replyToHeartbeat(from sender: Member, _ owed: OwedReply, _ fx: inout Effects) {
        send(
            .heartbeatReply(
                HeartbeatReply(
                    term: term, stream: owed.stream, round: owed.number, hasMatch: owed.hasMatch, accepted: verified,
                    matched: min(verified, log.flushed), promise: owed.hasMatch ? promise : 0,
                    lacksRoom: room.isFull)),
            to: sender, &fx)
    }

    private func reply(
        to sender: Member, stream: UInt32, sequence: UInt64, _ outcome: AppendReply.Outcome, _ fx: inout Effects
    ) {
        var reply = AppendReply(
            term: term, stream: stream, sequence: sequence, outcome: outcome, lacksRoom: room.isFull)
        if case .matched = outcome { reply.promise = promise }
        send(.appendReply(reply), to: sender, &fx)
    }
}
