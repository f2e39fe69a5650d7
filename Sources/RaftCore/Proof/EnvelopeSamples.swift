package import RaftMembership

/// Envelopes that tests of transports send: each carries a number by which it is known again.
package struct EnvelopeSamples: Sendable {
    package var from: Member
    package var to: Member

    package init(from: Member, to: Member) {
        self.from = from
        self.to = to
    }

    private func envelope(_ message: Message) -> Envelope {
        Envelope(group: .first, from: from, to: to, message: message)
    }

    /// Small and urgent.
    package func heartbeat(_ number: UInt64) -> Envelope {
        envelope(.heartbeat(Heartbeat(term: 3, stream: 1, previous: .zero, leaderCommit: .zero, round: number)))
    }

    /// Bulk.
    package func batch(_ number: UInt64, _ entries: EntryBatch) -> Envelope {
        let previous = LogID(term: 1, index: entries.isEmpty ? 7 : entries.firstIndex.previous)
        return envelope(
            .appendEntries(
                AppendEntries(
                    term: 3, stream: 1, sequence: number, previous: previous, leaderCommit: 2, entries: entries)))
    }

    /// May travel without a shared cluster (rule M9).
    package func question(_ number: UInt64) -> Envelope {
        envelope(.formationQuery(FormationQuery(nonce: number)))
    }

    /// One of every kind that needs a shared cluster, and of every shape that matters.
    package func everyKind(_ number: UInt64) -> [Envelope] {
        let id = LogID(term: 5, index: 1_000_000_000_000)
        return [
            .voteRequest(VoteRequest(term: 9, round: number, isPreVote: true, last: id)),
            .voteRequest(VoteRequest(term: 9, round: number, isPreVote: false, last: id, transferredFrom: 8)),
            .timeoutNow(TimeoutNow(term: Term(number), last: id)),
            .removed(Removed(configuration: LogID(term: 9, index: LogIndex(number)))),
            .logDamaged(LogDamaged(term: 9, stream: 2, intact: id, lostSnapshot: LogIndex(number))),
            .installSnapshotReply(
                InstallSnapshotReply(
                    term: 9, stream: 2, snapshot: SnapshotID(last: id, size: number, checksum: 7), outcome: .wants(3))),
            .installSnapshotReply(
                InstallSnapshotReply(
                    term: 9, stream: 2, snapshot: SnapshotID(last: id, size: number, checksum: 7),
                    outcome: .installed(LogIndex(number)))),
            .voteReply(VoteReply(term: 9, askedTerm: 10, round: number, isPreVote: false, isGranted: true)),
            .appendReply(AppendReply(term: 9, stream: 4, sequence: number, outcome: .matched(77))),
            .appendReply(AppendReply(term: 9, stream: 5, sequence: number, outcome: .conflict(hint: id))),
            .heartbeat(Heartbeat(term: 9, stream: 1, previous: id, leaderCommit: 1, round: number)),
            .heartbeatReply(
                HeartbeatReply(
                    term: 9, stream: 1, round: number, hasMatch: true, accepted: 12, matched: 11, promise: 150)),
            .readIndex(ReadIndex(term: 9, start: 3, number: number, asked: Instant(nanoseconds: 77))),
            .readIndexReply(
                ReadIndexReply(term: 9, start: 3, number: number, asked: Instant(nanoseconds: 77), index: 5)),
            .readIndexReply(
                ReadIndexReply(term: 9, start: 3, number: number, asked: Instant(nanoseconds: 77), index: nil)),
        ].map(envelope)
    }

    /// One of every kind that does not.
    package func everyFormationKind(_ number: UInt64) -> [Envelope] {
        let cluster = ClusterID(high: number, low: 1)
        return [
            .formationQuery(FormationQuery(nonce: number)),
            .formationAnswer(FormationAnswer(nonce: number, cluster: nil)),
            .formationAnswer(FormationAnswer(nonce: number, cluster: cluster)),
            .adopt(Adopt(cluster: cluster)),
        ].map(envelope)
    }
}

extension Envelope {
    /// What a heartbeat, a batch or a question was numbered with.
    package var sampleNumber: UInt64? {
        switch message {
        case .heartbeat(let message): message.round
        case .appendEntries(let message): message.sequence
        case .formationQuery(let message): message.nonce
        default: nil
        }
    }
}

extension EntryBatch {
    /// The buffer that copies and slices share: whether it still lives tells whether anybody keeps the entries.
    package var buffer: AnyObject { storage }
}
