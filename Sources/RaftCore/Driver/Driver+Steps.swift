import RaftMembership
import RaftTracing

// Every step of the protocol: for the flight recorder, and for whoever asks for the level trace. Where that level is not
// compiled in nothing of this is left.
extension Driver {
    /// What steps move, as it was before one.
    struct TracedMarks {
        var term: Term
        var last: LogIndex
        var flushed: LogIndex
        var commit: LogIndex
        var applied: LogIndex
    }

    func beginTracing(_ input: Input) -> TracedMarks? {
        guard Tracer.isCompiledIn(.trace), tracer.isEnabled(.debug) else { return nil }
        if case .received(let envelope) = input {
            let marks = envelope.message.marks
            tracer.trace(
                .messageReceived, "\(envelope.message.name) of node \(envelope.from.id) in term \(marks.term)",
                [
                    .message(envelope.message.name), .peer(envelope.from.id.rawValue), .term(marks.term.rawValue),
                    .index(marks.index.rawValue), .count(marks.count),
                ])
        }
        return TracedMarks(
            term: engine.term, last: engine.log.last.index, flushed: engine.log.flushed, commit: engine.commitIndex,
            applied: engine.appliedIndex)
    }

    func endTracing(since before: TracedMarks?) {
        guard Tracer.isCompiledIn(.trace), let before else { return }
        let term = engine.term
        if term != before.term { tracer.debug(.termChanged, "term \(term) begins here", [.term(term.rawValue)]) }
        if engine.role == .leader, engine.log.last.index > before.last {
            let count = engine.log.last.index - before.last
            tracer.trace(
                .proposalsAppended, "\(count) entries appended, to \(engine.log.last)",
                [.index(engine.log.last.index.rawValue), .count(count)])
        }
        if engine.log.flushed > before.flushed {
            let count = engine.log.flushed - before.flushed
            tracer.trace(
                .entriesFlushed, "\(count) entries are durable, to \(engine.log.flushed)",
                [.index(engine.log.flushed.rawValue), .count(count)])
        }
        if engine.commitIndex > before.commit {
            tracer.trace(
                .commitAdvanced, "committed to entry \(engine.commitIndex)",
                [.index(engine.commitIndex.rawValue), .term(term.rawValue)])
        }
        if engine.appliedIndex > before.applied {
            tracer.trace(
                .entriesApplied, "applied to entry \(engine.appliedIndex)", [.index(engine.appliedIndex.rawValue)])
        }
        traceModes()
    }

    func traceSent(_ message: Message, to peer: Member) {
        guard Tracer.isCompiledIn(.trace), tracer.isEnabled(.trace) else { return }
        let marks = message.marks
        tracer.trace(
            .messageSent, "\(message.name) to node \(peer.id) in term \(marks.term)",
            [
                .message(message.name), .peer(peer.id.rawValue), .term(marks.term.rawValue),
                .index(marks.index.rawValue), .count(marks.count),
            ])
    }

    /// The leader sends to a peer in another way than when this was asked last.
    private func traceModes() {
        let progress = engine.progress
        guard tracedModes.count == progress.count else {
            tracedModes = progress.map(\.mode)
            return
        }
        for slot in progress.indices where progress[slot].mode != tracedModes[slot] {
            let peer = progress[slot]
            tracedModes[slot] = peer.mode
            tracer.debug(
                .progressChanged,
                "node \(peer.member.id) is in state \(peer.mode.rawValue), at entry \(peer.matchIndex)",
                [
                    .peer(peer.member.id.rawValue), .state(peer.mode.rawValue), .index(peer.matchIndex.rawValue),
                ])
        }
    }

    func traceLease(_ holds: Bool) {
        guard Tracer.isCompiledIn(.debug), holds != tracedLease else { return }
        tracedLease = holds
        tracer.debug(
            .leaseChanged, "the lease of leader \(engine.member.id) \(holds ? "begins" : "has run out")",
            [.term(engine.term.rawValue), .state(holds ? "held" : "lost")])
    }
}

extension Message {
    /// What it is about: its term, an index, and how many entries or bytes it brings.
    fileprivate var marks: (term: Term, index: LogIndex, count: Int) {
        switch self {
        case .voteRequest(let request): (request.term, request.last.index, 0)
        case .voteReply(let reply): (reply.term, 0, reply.isGranted ? 1 : 0)
        case .appendEntries(let request): (request.term, request.previous.index, request.entries.count)
        case .appendReply(let reply):
            switch reply.outcome {
            case .matched(let index): (reply.term, index, 1)
            case .conflict(let hint): (reply.term, hint.index, 0)
            }
        case .heartbeat(let beat): (beat.term, beat.leaderCommit, 0)
        case .heartbeatReply(let reply): (reply.term, reply.matched, 0)
        case .installSnapshot(let request): (request.term, request.snapshot.last.index, request.bytes.count)
        case .installSnapshotReply(let reply): (reply.term, reply.snapshot.last.index, 0)
        case .timeoutNow(let message): (message.term, message.last.index, 0)
        case .readIndex(let request): (request.term, 0, 0)
        case .readIndexReply(let reply): (reply.term, 0, 0)
        case .logDamaged(let message): (message.term, message.intact.index, 0)
        case .removed, .formationQuery, .formationAnswer, .adopt: (0, 0, 0)
        }
    }
}
