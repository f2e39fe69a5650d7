import RaftMembership

// A leader's side of InstallSnapshot (§7): a window of chunks beside the entries of others, resumed where the peer says,
// with time-outs that look at progress (rules S5, S6).
extension RaftEngine {
    /// The peer needs entries that are gone. Says which snapshot there is; the peer says what it has of it.
    mutating func offerSnapshot(to slot: Int, _ now: Instant, _ fx: inout Effects) {
        let peer = progress[slot].member
        // Who has left too: the configuration that says so is in it, and nobody else tells a server so far behind.
        guard let newest = snapshots.newest else { return }
        beginStream(slot)
        progress[slot].mode = .snapshot
        let transfer: Int
        if let known = transfers.firstIndex(where: { $0.member == peer }),
            transfers[known].snapshot.last.index >= log.base.index
        {
            // The one that was begun, as long as the log goes on from it.
            transfer = known
            transfers[transfer].isAccepted = false
            transfers[transfer].isReading = false
        } else {
            transfers.removeAll { $0.member == peer }
            let isWhole = !progress[slot].isWitness || breaks(.sendBodiesToWitness)
            transfers.append(SnapshotTransfer(member: peer, snapshot: isWhole ? newest : newest.withoutBody()))
            transfer = transfers.count - 1
            if isWhole { fx.append(.openSnapshot(newest)) }
            fx.append(.trace(.snapshotOffered(peer.id, newest.id)))
        }
        let patience = max(times.peers[slot].probeBackoff, 4 * configuration.electionTimeout.upperBound)
        times.peers[slot].probeAgain = now + patience
        times.peers[slot].probeBackoff = min(2 * patience, 32 * configuration.electionTimeout.upperBound)
        // It may not know yet that it belongs (rule M9).
        if progress[slot].matchIndex == .zero, let cluster = hard.cluster {
            send(.adopt(Adopt(cluster: cluster)), to: peer, &fx)
        }
        sendChunk([], at: 0, of: transfers[transfer].snapshot, to: slot, &fx)
    }

    private func sendChunk(
        _ bytes: [UInt8], at offset: UInt64, of snapshot: Snapshot, to slot: Int, _ fx: inout Effects
    ) {
        send(
            .installSnapshot(
                InstallSnapshot(
                    term: term, stream: progress[slot].stream, snapshot: snapshot, offset: offset, bytes: bytes)),
            to: progress[slot].member, &fx)
    }

    /// Asks storage for the next chunk, when the window and the throttle have room.
    mutating func continueTransfer(to slot: Int, _ now: Instant, _ fx: inout Effects) {
        guard let at = transfers.firstIndex(where: { $0.member == progress[slot].member }) else { return }
        let transfer = transfers[at]
        let chunk = UInt64(configuration.snapshotChunkBytes)
        guard transfer.isAccepted, !transfer.isReading, transfer.sent < transfer.snapshot.size,
            transfer.sent - transfer.acknowledged < chunk * UInt64(configuration.snapshotWindow)
        else { return }
        guard now >= times.peers[slot].nextChunk else {
            times.transfers = min(times.transfers, times.peers[slot].nextChunk)
            return
        }
        transfers[at].isReading = true
        fx.append(
            .readSnapshot(
                transfer.snapshot, offset: transfer.sent,
                count: Int(min(chunk, transfer.snapshot.size - transfer.sent)), for: progress[slot].member.id,
                stream: progress[slot].stream))
    }

    mutating func transfersDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        times.transfers = .distantFuture
        guard role == .leader else { return }
        for slot in progress.indices where progress[slot].mode == .snapshot { continueTransfer(to: slot, now, &fx) }
    }

    /// Storage has read a chunk; nil when the body is not there any more.
    mutating func snapshotRead(
        _ bytes: [UInt8]?, at offset: UInt64, _ peer: NodeID, _ stream: UInt32, _ now: Instant, _ fx: inout Effects
    ) {
        guard role == .leader,
            let slot = progress.firstIndex(where: { $0.member.id == peer && $0.stream == stream }),
            progress[slot].mode == .snapshot,
            let at = transfers.firstIndex(where: { $0.member == progress[slot].member }), transfers[at].isReading
        else { return }
        transfers[at].isReading = false
        guard let bytes, !bytes.isEmpty else {
            // A newer one has taken its place. It is offered when the back-off is over.
            transfers.remove(at: at)
            return
        }
        // Something was lost meanwhile, and another chunk is due.
        if transfers[at].sent == offset {
            transfers[at].sent = offset + UInt64(bytes.count)
            if configuration.snapshotRate > 0 {
                let pause = UInt64(bytes.count) * 1_000_000_000 / UInt64(configuration.snapshotRate)
                times.peers[slot].nextChunk = max(now, times.peers[slot].nextChunk) + pause
            }
            sendChunk(bytes, at: offset, of: transfers[at].snapshot, to: slot, &fx)
        }
        continueTransfer(to: slot, now, &fx)
    }

    /// Nobody is to have a body that is not what was written (rule D3). The machine has its state still, so that another
    /// snapshot takes its place, of a later position; it is offered when the back-off is over.
    mutating func snapshotDamaged(_ id: SnapshotID, _ reason: String, _ now: Instant, _ fx: inout Effects) {
        transfers.removeAll { $0.snapshot.id == id }
        fx.append(.trace(.snapshotFailed(reason)))
        guard snapshots.newest?.id == id, !takeSnapshot(&fx), role == .leader, snapshots.taking == nil,
            transfer == nil, log.last.index == newestSnapshot
        else { return }
        // Nothing has happened since, and nothing may for long.
        appendNoOp(now, &fx)
    }

    mutating func receive(_ reply: InstallSnapshotReply, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard let slot = slotOfReply(term: reply.term, stream: reply.stream, from: sender, now, &fx),
            progress[slot].mode == .snapshot, let at = transfers.firstIndex(where: { $0.member == sender }),
            transfers[at].snapshot.id == reply.snapshot
        else { return }
        switch reply.outcome {
        case .wants(let offset):
            guard offset <= transfers[at].snapshot.size else { return }
            note(offset, at, slot, now)
            continueTransfer(to: slot, now, &fx)
        case .installed(let index):
            transfers.remove(at: at)
            times.peers[slot].probeBackoff = 0
            progress[slot].mode = .replicate
            progress[slot].nextIndex = max(progress[slot].matchIndex.next, min(index, log.last.index).next)
            fx.append(.trace(.snapshotDelivered(sender.id, reply.snapshot)))
            acknowledge(slot, through: index, now, &fx)
        }
    }

    /// How far the peer is. Any progress counts, and so does the word that all of it is there (rule S6).
    private mutating func note(_ offset: UInt64, _ at: Int, _ slot: Int, _ now: Instant) {
        let transfer = transfers[at]
        if !transfer.isAccepted || offset < transfer.acknowledged {
            transfers[at].isAccepted = true
            transfers[at].acknowledged = offset
            transfers[at].sent = offset
            transfers[at].rewoundAt = nil
        } else if offset > transfer.acknowledged {
            transfers[at].acknowledged = offset
            transfers[at].sent = max(transfer.sent, offset)
            transfers[at].rewoundAt = nil
        } else if offset < transfer.sent, transfer.rewoundAt != offset {
            transfers[at].rewoundAt = offset
            transfers[at].sent = offset
        } else if offset < transfer.snapshot.size {
            return
        }
        // A learner that takes in a large state is not stuck (D§4.2.1).
        times.peers[slot].advanced = now
        times.peers[slot].probeBackoff = 0
        times.peers[slot].probeAgain = now + 4 * configuration.electionTimeout.upperBound
    }
}
