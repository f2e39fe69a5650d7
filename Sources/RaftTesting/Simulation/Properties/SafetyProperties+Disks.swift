import RaftCore
import RaftMembership

// What goes to disk, and what must be found there.
extension SafetyProperties {
    /// Log matching: an index and a term name one entry, and all before it.
    func willWrite(_ batch: StorageBatch, on node: SimulatedNode) {
        node.wholes?.writing(batch)
        checkSnapshot(in: batch, on: node)
        checkCopy(batch, on: node)
        if batch.truncateAfter != nil { node.held = max(node.held, node.disk.image.last.index) }
        var previous: Term?
        if !batch.repairs.isEmpty { checkEntries(batch.repairs, &previous, on: node) }
        if !batch.entries.isEmpty { checkEntries(batch.entries, &previous, on: node) }
    }

    private func checkEntries(_ entries: EntryBatch, _ last: inout Term?, on node: SimulatedNode) {
        noteConfigurations(in: entries)
        var previous = last ?? node.disk.image.term(at: entries.firstIndex.previous)
        defer { last = previous }
        for position in 0..<entries.count {
            let entry = entries.slice(from: entries.firstIndex + position, maxCount: 1)
            let id = entry.id(at: 0)
            defer { previous = id.term }
            // A crash may undo the first entry of a cluster, and another one is written then; it counts once durable.
            guard let before = previous else {
                fail("log matching", "\(node.id) writes \(id) with nothing before it")
                return
            }
            if let other = known[id] {
                let isThin = entry.isWithoutBody(at: 0)
                let isSame =
                    isThin || other.entry.isWithoutBody(at: 0)
                    ? other.entry.kind(at: 0) == entry.kind(at: 0) : other.entry == entry
                if !isSame || other.previousTerm != before {
                    fail("log matching", "two entries \(id): the logs do not match")
                }
                if !isThin { known[id]?.entry = entry }
            } else {
                known[id] = Known(entry: entry, previousTerm: before)
            }
        }
    }

    /// A snapshot holds what was committed; the log is cut only behind one; of one position there is one content (rule S1).
    private func checkSnapshot(in batch: StorageBatch, on node: SimulatedNode) {
        if let snapshot = batch.snapshot {
            if committedTerms.term(at: snapshot.last.index) != snapshot.last.term {
                fail("S1", "\(node.id) keeps a snapshot of \(snapshot.last), which was not committed")
            }
            if let before = node.disk.image.snapshot, before.last.index > snapshot.last.index {
                fail("S8", "\(node.id) keeps a snapshot of \(snapshot.last) in the place of one of \(before.last)")
            }
            if node.disk.image.bodies[snapshot.id] == nil, node.usesImages {
                fail("S2", "\(node.id) names the snapshot \(snapshot.id), whose body is not complete")
            }
            if !snapshot.isWithoutBody,
                let other = contents.updateValue(snapshot.checksum, forKey: snapshot.last), other != snapshot.checksum
            {
                fail("S1", "two snapshots of \(snapshot.last) differ")
            }
        }
        guard let purge = batch.purgeThrough else { return }
        guard let covered = batch.snapshot ?? node.disk.image.snapshot, covered.last.index >= purge.index else {
            fail("S1", "\(node.id) cuts its log through \(purge), which no snapshot of its own covers")
            return
        }
    }

    /// A process starts, on what the one before left.
    func willRecover(on node: SimulatedNode) {
        if node.damage == nil, let wholes = node.wholes, !wholes.holds(node.disk.image) {
            fail("L7", "a part of a write is on the disk of \(node.id), which ends at \(node.disk.image.last)")
        }
        node.wholes = WholeWrites(of: node.disk.image)
        noteCopies(of: node)
    }

    func wrote(_ batches: [StorageBatch], on node: SimulatedNode) {
        noteCopies(in: batches, on: node)
        if node.life?.driver?.engine.member != node.disk.image.hardState?.member {
            // The commit that counts the start, or begins another life.
            node.wholes = WholeWrites(of: node.disk.image)
        } else {
            node.wholes?.wrote(node.disk.image)
        }
        // What stands behind what came back waits for a leader, and its server does not campaign until then (rule D3).
        if node.damage == .rot, node.disk.image.firstDamage == nil, node.life?.driver?.engine.damage == nil {
            node.damage = nil
            world.coverage.add(.damageRepaired)
        }
        if let member = node.disk.image.hardState?.member, !node.disk.isFormer(member), node.damage != nil,
            node.damage != .rot
        {
            node.damage = nil
            world.coverage.add(.newLife)
        }
        let cut = batches.compactMap(\.truncateAfter).min()
        let held = min(node.held, lastCommitted)
        node.held = .zero
        if let cut, cut < held, node.disk.image.base.index < held {
            for index in max(cut, node.disk.image.base.index).rawValue..<held.rawValue {
                let index = index + 1
                guard let entry = committedEntry(at: LogIndex(index)) else { continue }
                if !isOnQuorum(entry.firstIndex, entry.term(at: 0), of: committedConfiguration.membership) {
                    fail(
                        "durable quorum", "\(node.id) removes committed entry \(entry.id(at: 0)) from a quorum of disks"
                    )
                    return
                }
            }
        }
        guard let hard = node.disk.image.hardState, let driver = node.life?.driver else { return }
        if hard.term > driver.engine.term || hard.commitHint > driver.engine.hard.commitHint {
            fail("D6", "the disk of \(node.id) is ahead of its memory")
        }
    }

    func showedIdentity(_ identity: NodeIdentity, of node: SimulatedNode) {
        guard let cluster = node.disk.image.hardState?.cluster, cluster == identity.cluster else {
            fail("M9", "\(node.id) shows an identity that is not durable")
            return
        }
        if !clusters.contains(cluster) { clusters.append(cluster) }
        if clusters.count > 1 { fail("M9", "a second cluster was formed: \(clusters)") }
    }

    // MARK: Ends

    /// A body that is being restored may make no sense to who reads it, before its checksum is known.
    private func isDamage(_ reason: String) -> Bool {
        reason.contains("its checksum does not match its bytes")
            || reason.contains("snapshot") && reason.contains("could not be restored")
    }

    /// A process ended by itself: it must have had a reason, and have said it.
    func stopped(_ node: SimulatedNode, _ reason: String) {
        switch node.damage {
        case .rolledBackWithMark where reason.contains("refuses this node"):
            guard reason.contains("may have voted or acknowledged") else { break }
            world.coverage.add(.refusedByPeer)
            return
        // Read to be sent or applied, and verified (rule D3).
        case .rot where node.life?.rotsUnnoticed == true && isDamage(reason):
            world.coverage.add(.stoppedByDamage)
            return
        // By then it may have begun another life.
        case nil where reason.contains("refuses this node") && node.disk.hasLostData:
            world.coverage.add(.refusedByPeer)
            return
        default: break
        }
        if isOtherCopy(node, reason) { return }
        switch node.excuse {
        case .disk?: world.coverage.add(.stoppedByDisk)
        case .machine?: world.coverage.add(.stoppedByMachine)
        case nil: fail("W1", "node \(node.id) ends itself without cause: \(reason)")
        }
    }
}
