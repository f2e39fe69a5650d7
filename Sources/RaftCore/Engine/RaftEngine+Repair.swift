import RaftMembership

// A log with damaged entries, and how they come back from a leader (rule D3).
extension RaftEngine {
    // MARK: The damaged server

    /// Whether the leader's request builds on what cannot be read here.
    func isUnreadable(_ previous: LogID) -> Bool {
        guard let damage else { return false }
        return previous.index > log.last.index || damage.lostSnapshot > .zero
    }

    /// Says from where on the log is needed again, so that nobody takes this server for one that forgot.
    func reportDamage(to leader: Member, stream: UInt32, _ fx: inout Effects) {
        guard let damage else { return }
        send(
            .logDamaged(
                LogDamaged(term: term, stream: stream, intact: log.last, lostSnapshot: damage.lostSnapshot)),
            to: leader, &fx)
    }

    /// Entries that follow the intact ones. Where they agree with what stands there, they take its place, and all behind
    /// them stays: this server may have acknowledged it. Where they do not, it is the leader's log that counts (§5.3).
    mutating func repair(with fresh: EntryBatch, _ now: Instant, _ fx: inout Effects) -> Bool {
        guard let tail = damage else { return false }
        let conflict = breaks(.repairByTruncation) ? fresh.lastIndex.next : tail.conflict(with: fresh)
        if let conflict, conflict <= hard.commitHint, !breaks(.repairByTruncation) {
            fence("the leader of term \(term) would overwrite committed entry \(conflict)", &fx)
            return false
        }
        let before = log.last.index
        log.append(fresh)
        adoptConfigurations(in: fresh, now, &fx)
        if isFenced { return false }
        if let conflict {
            let kept = min(conflict.previous, tail.lastIndex)
            fx.append(.trace(.truncated(after: kept, lost: tail.lastIndex - kept)))
            endDamage(&fx)
            // What agrees takes its place, for it may have been acknowledged, and in the same write what does not goes: of an
            // earlier term, it could not stand behind it. The rest apart, for a full disk may refuse that (rule D4).
            let repairs = kept > before ? fresh.prefix(through: kept) : .empty
            if !repairs.isEmpty || kept < tail.lastIndex {
                persist(truncateAfter: kept < tail.lastIndex ? kept : nil, repairs: repairs, &fx)
            }
            if kept < fresh.lastIndex { persist(entries: fresh.slice(from: kept.next), &fx) }
        } else {
            keep(tail, behind: fresh.id(at: fresh.count - 1), &fx)
            // Apart: for repairs there is room on a full disk, which may refuse what comes behind them (rule D4).
            persist(repairs: fresh.prefix(through: tail.lastIndex), &fx)
            let behind = fresh.slice(from: max(fresh.firstIndex, tail.lastIndex.next))
            if !behind.isEmpty { persist(entries: behind, &fx) }
        }
        log.evict(downTo: configuration.cacheBytes)
        return true
    }

    /// What stands behind `last` is needed again before it counts. After a restart too, when it may have followed another
    /// entry than this one, which is the leader's: together they would be a log that no leader ever had. What was in doubt
    /// before stays so, for there may be another such place further on.
    private mutating func keep(_ tail: DamagedTail, behind last: LogID, _ fx: inout Effects) {
        let followedIt = tail.term(at: last.index) == last.term
        var tail = tail
        tail.removeFirst(through: last.index)
        guard !tail.isEmpty else { return endDamage(&fx) }
        damage = tail
        if hard.provenThrough > .zero || !followedIt && tail.isInDoubt(behind: last) && !breaks(.joinHistories) {
            hard.provenThrough = last.index
        }
    }

    mutating func endDamage(_ fx: inout Effects) {
        guard damage != nil else { return }
        damage = nil
        hard.provenThrough = .zero
        fx.append(.trace(.logRepaired(log.last.index)))
    }

    /// A snapshot takes the place of the log up to `position`. False when what stands behind it stays, because it may
    /// have been acknowledged: it is needed again before it counts. What follows an entry that the snapshot knows otherwise
    /// is of another history (§5.3), whatever its own term was.
    mutating func replacesTail(by position: LogID, _ fx: inout Effects) -> Bool {
        guard let tail = damage, position.index < tail.lastIndex,
            log.terms.term(at: position.index) ?? position.term == position.term,
            tail.term(at: position.index) ?? position.term == position.term,
            tail.nextTerm(after: position.index) ?? position.term >= position.term,
            position.index <= log.last.index || position.term >= log.last.term
        else {
            endDamage(&fx)
            return true
        }
        keep(tail, behind: position, &fx)
        return false
    }

    // MARK: Its leader

    /// A peer lost what it acknowledged, and says so: it is to have all of that again, and counts for none of it until then.
    mutating func receive(_ message: LogDamaged, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard let slot = slotOfReply(term: message.term, stream: message.stream, from: sender, now, &fx) else { return }
        if progress[slot].matchIndex > .zero {
            fx.append(.trace(.peerDamaged(sender.id, message.intact.index)))
            progress[slot].matchIndex = .zero
        }
        if message.lostSnapshot > .zero {
            let peer = progress[slot].member
            // What a snapshot covered was committed, and a leader has all of that (§5.4).
            commit(upTo: min(message.lostSnapshot, log.last.index), &fx)
            // One that was begun before is of no use to it.
            transfers.removeAll { $0.member == peer && $0.snapshot.last.index < message.lostSnapshot }
            guard newestSnapshot >= message.lostSnapshot else {
                // There is one when it is asked again, after a back-off.
                takeSnapshot(&fx)
                return
            }
            // Under way already: it says so again at each heartbeat, and is offered it again after a back-off.
            if progress[slot].mode == .snapshot, transfers.contains(where: { $0.member == peer }) { return }
            offerSnapshot(to: slot, now, &fx)
            return
        }
        var index = min(message.intact.index, log.last.index)
        if let own = log.terms.term(at: index), own > message.intact.term {
            index = min(index, log.terms.lastIndex(withTermAtMost: message.intact.term))
        }
        restart(slot, from: index.next, now, &fx)
    }
}
