import RaftMembership
import Synchronization

// What the driver counts, and how it is read: within a turn, so that all of it belongs together (rule W5).
extension Driver {
    func receive(_ envelope: Envelope, _ now: Instant) {
        guard let spans, failure == nil else { return takeIn(envelope, now) }
        spans.receives(envelope)
        takeIn(envelope, now)
        guard case .appendEntries(let request) = envelope.message, let trace = envelope.trace else { return }
        // What the entries replace has its end first.
        execute(now)
        spans.follows(request, trace, engine)
    }

    private func takeIn(_ envelope: Envelope, _ now: Instant) {
        guard case .heartbeatReply = envelope.message, engine.role == .leader,
            let slot = engine.progress.firstIndex(where: { $0.member == envelope.from })
        else { return step(.received(envelope), now) }
        let before = engine.times.peers[slot].roundTrips
        step(.received(envelope), now)
        guard engine.role == .leader, slot < engine.times.peers.count, engine.times.peers[slot].roundTrips != before,
            let measured = engine.times.peers[slot].roundTrip
        else { return }
        tally.roundTrip(measured, to: envelope.from.id)
    }

    func statistics(_ now: Instant) -> RaftStatistics {
        RaftStatistics(
            metrics: metrics(now), uptimeNanoseconds: now - started,
            proposals: RaftStatistics.Proposals(
                accepted: tally.accepted, rejected: proposalTally.rejected, unknown: proposalTally.unknown),
            reads: tally.reads, elections: tally.elections, snapshots: tally.snapshots,
            entriesCommitted: tally.committed, entriesApplied: tally.applied,
            inboxDropped: inboxDropped.load(ordering: .relaxed),
            proposeToCommit: latencies.commits.copied(), commitToApply: latencies.applications.copied(),
            readConfirmation: latencies.confirmations.copied(),
            storageCommit: inlineStorage ? .durations : writer.durations,
            batchEntries: tally.batchEntries.copied(), batchBytes: tally.batchBytes.copied(),
            roundTrips: tally.roundTrips.map {
                RaftStatistics.RoundTrips(peer: $0.peer, nanoseconds: $0.nanoseconds.copied())
            },
            transport: transport.counts)
    }
}
