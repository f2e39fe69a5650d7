import RaftMembership
import RaftTracing

// What the engine has ordered, carried out in its order.
extension Driver {
    /// Carries out what the steps so far have ordered.
    func execute(_ now: Instant) {
        while !effects.isEmpty {
            swap(&effects, &executing)
            readGate.publish(engine.leaseEnd(now))
            for effect in executing.list { carryOut(effect, now) }
            executing.removeAll()
        }
    }

    private func carryOut(_ effect: Effect, _ now: Instant) {
        switch effect {
        case .persist(let batch, let id):
            probe?.willPersist(batch)
            tally.persisted(batch.entries)
            storageBatches.append(batch)
            storageIDs.append(id)
        case .send(let message, let member):
            traceSent(message, to: member)
            tally.sent(message)
            let trace = spans?.sends(message, to: member)
            transport.send(
                Envelope(group: engine.group, from: engine.member, to: member, message: message, trace: trace))
        case .probeDisk(let bytes): probeDisk(bytes)
        case .readEntries(let first, let last, let peer, let stream):
            guard first <= last else { return }
            flushStorage(now)
            writer.read(first..<last.next, for: peer, stream: stream)
        case .takeSnapshot(let order, let snapshot): takeSnapshot(order, snapshot)
        case .openSnapshot(let snapshot): openSnapshot(snapshot.id)
        case .readSnapshot(let snapshot, let offset, let count, let peer, let stream):
            readSnapshot(snapshot, offset, count, peer, stream)
        case .receiveSnapshot(let snapshot, let offset, let bytes):
            tally.snapshots.receivedBytes &+= UInt64(bytes.count)
            spans?.receivesSnapshot(snapshot)
            receiveSnapshot(snapshot, offset, bytes)
        case .dropReceived: snapshotCarrier?.submit(.drop)
        case .restore(let snapshot): restore(snapshot)
        case .snapshotEnded(let id, let outcome): snapshotEnded(id, outcome)
        case .apply(let index):
            let count = max(0, index - orderedThrough)
            tally.committed &+= UInt64(count)
            latencies.committed(through: index, count: count, now)
            applier.submit(applyOrder(through: index))
        case .accepted(let first, let term, let count):
            tally.accepted &+= UInt64(count)
            latencies.appended(through: first + (count - 1), count: count, now)
            waiters.append(proposed.prefix(count), from: first, term: term)
            if isTraced { spans?.appended(proposed.prefix(count), from: first, term: term) }
            proposed.removeFirst(min(count, proposed.count))
        case .rejected(let count, let why):
            for proposal in proposed.prefix(count) { proposalTally.fail(proposal, error(for: why)) }
            proposed.removeFirst(min(count, proposed.count))
        case .abandon(let index): abandon(after: index)
        case .readReady(let id, let proof):
            latencies.readConfirmed(id.rawValue, now)
            spans?.readEnded(id.rawValue)
            if let read = reads.removeValue(forKey: id.rawValue) { applier.submit(.read(read, proof)) }
        case .readFailed(let id, let why):
            tally.reads.failed &+= 1
            latencies.readFailed(id.rawValue)
            spans?.readEnded(id.rawValue, why)
            reads.removeValue(forKey: id.rawValue)?.fail(error(for: why))
        case .membershipChanged:
            adoptMark()
            tally.keepRoundTrips(of: engine.membership)
            transport.updatePeers(peers())
        case .identityChanged: transport.updateIdentity(identity)
        case .formation(let progress): formationProgressed(progress)
        case .changeEnded(let id, let outcome): changeEnded(id, outcome)
        case .transferEnded(let id, let outcome): transferEnded(id, outcome)
        case .fence(let reason): fail(reason, .nodeFenced)
        case .trace(let event):
            tally.note(event)
            trace(event)
            spans?.note(event, engine)
            noteForWatchers(event)
        }
    }

    private func applyOrder(through index: LogIndex) -> ApplyOrder {
        var entries: [EntryBatch] = []
        var next = orderedThrough.next
        // All of it from memory, or from storage what is not there any more. A machine far behind holds no entries in
        // memory: it will read them when it gets there.
        let mayHold = applierBacklog < 4 * configuration.applyBatch
        while mayHold, next <= index {
            let count = min(configuration.applyBatch, index - next + 1)
            guard let batch = engine.log.cachedEntries(from: next, maxCount: count) else {
                entries = []
                break
            }
            entries.append(batch)
            next = batch.lastIndex.next
        }
        orderedThrough = index
        return .apply(through: index, entries: entries, waiters: waiters.take(through: index))
    }

    /// Entries ordered and not yet applied.
    var applierBacklog: Int { max(0, orderedThrough - engine.appliedIndex) }

    /// Everything written in this drain, as one group: on storage's lane, or here when that takes no time.
    func flushStorage(_ now: Instant) {
        // After a failure nothing counts any more (rule D2).
        guard failure == nil else {
            storageBatches.removeAll()
            storageIDs.removeAll()
            return
        }
        guard !storageBatches.isEmpty else { return }
        if configuration.breaks(.reportBeforeCommit) { for id in storageIDs { step(.persisted(id), now) } }
        guard inlineStorage else {
            writer.submit(&storageBatches, &storageIDs)
            return
        }
        do {
            let outcome = try inlineSequence.write(storageBatches, storageIDs) { try storage.commit($0) }
            storageBatches.removeAll(keepingCapacity: true)
            storageIDs.removeAll(keepingCapacity: true)
            for id in outcome.persisted { step(.persisted(id), now) }
            if !outcome.refused.isEmpty { step(.writesRefused(outcome.refused, outcome.reason), now) }
        } catch {
            fail("storage failed: \(error)", .storageFailed)
        }
    }
}
