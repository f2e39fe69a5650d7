import RaftMembership

@testable import RaftCore

/// Envelopes to send.
enum Samples {
    static func heartbeat(from: Member, to: Member, round: UInt64 = 1) -> Envelope {
        Envelope(
            group: .first, from: from, to: to,
            message: .heartbeat(Heartbeat(term: 3, stream: 1, previous: .zero, leaderCommit: .zero, round: round)))
    }

    static func query(from: Member, to: Member, nonce: UInt64 = 7) -> Envelope {
        Envelope(group: .first, from: from, to: to, message: .formationQuery(FormationQuery(nonce: nonce)))
    }

    /// A batch of one entry with a payload of `size` bytes.
    static func entries(from: Member, to: Member, sequence: UInt64, size: Int) -> Envelope {
        var builder = EntryBatchBuilder(firstIndex: 1)
        builder.append(.command, term: 3, payload: Array(repeating: 0xAB, count: size))
        return Envelope(
            group: .first, from: from, to: to,
            message: .appendEntries(
                AppendEntries(
                    term: 3, stream: 1, sequence: sequence, previous: .zero, leaderCommit: .zero,
                    entries: builder.finish())))
    }

    /// The round of a heartbeat, or the sequence of a batch.
    static func number(of envelope: Envelope) -> UInt64? {
        switch envelope.message {
        case .heartbeat(let message): message.round
        case .appendEntries(let message): message.sequence
        default: nil
        }
    }
}
