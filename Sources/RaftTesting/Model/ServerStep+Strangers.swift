import RaftCore
import RaftMembership

// Messages that no other server of the model would send.
extension ServerStep {
    /// Entries arrive of a kind that only a newer release knows (rule L13).
    mutating func receiveUnknownKind(_ envelope: Envelope, _ logs: inout LogTree) {
        landmarks.insert(ModelLandmarks(.unknownKind))
        receive(envelope, &logs) { entries in
            var builder = EntryBatchBuilder(firstIndex: entries.firstIndex)
            for position in 0..<entries.count {
                builder.append(EntryKind(rawValue: 77), term: entries.term(at: position), payload: [])
            }
            return builder.finish()
        }
    }

    /// A request arrives without its entries: another leader might send it so, to find where the logs agree (rule C2).
    mutating func receiveWithoutEntries(_ envelope: Envelope, _ logs: inout LogTree) {
        landmarks.insert(ModelLandmarks(.emptyRequest))
        receive(envelope, &logs) { _ in .empty }
    }

    private mutating func receive(
        _ envelope: Envelope, _ logs: inout LogTree, changing entries: (EntryBatch) -> EntryBatch
    ) {
        guard case .appendEntries(var request) = envelope.message else { return }
        request.entries = entries(request.entries)
        run(
            .received(Envelope(group: .first, from: envelope.from, to: envelope.to, message: .appendEntries(request))),
            at: .recent, &logs)
    }

    /// A message arrives that its sender sent in an earlier life, under another incarnation (rule M7).
    mutating func receiveFromEarlierLife(_ envelope: Envelope, _ logs: inout LogTree) {
        let sender = Member(id: envelope.from.id, incarnation: Incarnation(envelope.from.incarnation.rawValue - 1))
        run(
            .received(Envelope(group: .first, from: sender, to: envelope.to, message: envelope.message)), at: .late,
            &logs)
        if engine.hard != before.engine.hard || engine.leader != before.engine.leader {
            fail("M7", "an earlier life of server \(sender.id) is listened to")
        }
    }
}
