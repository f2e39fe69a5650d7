import RaftMembership

// Servers that leave (rules M4, M6): the leader tells them, they believe a committed configuration only, and stop.
extension RaftEngine {
    /// Whether a committed configuration, later than the last one that named this server, leaves it out.
    package var isRemoved: Bool {
        if removedBy != nil { return true }
        if committed.id <= lastNamed || lastNamed == .zero { return false }
        return !configurations.contains { $0.membership.slot(of: member) != nil }
    }

    /// Puts the progress of every member of the configuration in effect in its slot; who is not in it any more moves
    /// behind the members, to be told so.
    mutating func alignProgress(_ now: Instant, _ fx: inout Effects) {
        guard role == .leader else { return }
        var aligned: [Progress] = []
        var peers: [Times.Peer] = []
        for record in membership.members {
            if let slot = progress.firstIndex(where: { $0.member == record.member }) {
                aligned.append(progress[slot])
                peers.append(times.peers[slot])
                aligned[aligned.count - 1].departure = nil
                // Should it be a learner again, it has to catch up again.
                if membership.isVoter(record.member.id) { aligned[aligned.count - 1].catchUp = CatchUp() }
                peers[peers.count - 1].departBy = .distantFuture
            } else {
                // It gets a full timeout to be heard from.
                aligned.append(
                    Progress(
                        member: record.member, isWitness: record.isWitness, nextIndex: log.last.index.next))
                peers.append(Times.Peer(lastHeard: now))
            }
        }
        // An earlier life of a member has nobody left who could be told.
        for slot in progress.indices where membership.slot(of: progress[slot].member.id) == nil {
            guard progress[slot].member != member, !breaks(.forgetDeparting) else { continue }
            aligned.append(progress[slot])
            peers.append(times.peers[slot])
            guard progress[slot].departure == nil else { continue }
            aligned[aligned.count - 1].departure = Departure(
                configuration: effective.id.index, addresses: addresses(of: progress[slot].member))
            peers[peers.count - 1].departBy = now + 16 * configuration.electionTimeout.upperBound
        }
        progress = aligned
        times.peers = peers
        forgetTransfers()
        for slot in membership.members.indices where membership.members[slot].promoteWhenCaughtUp {
            _ = beginCatchUp(slot, now, &fx)
        }
    }

    /// As the last configuration that had it knew them.
    private func addresses(of member: Member) -> [String] {
        for logged in configurations.reversed() {
            if let slot = logged.membership.slot(of: member) { return logged.membership.members[slot].addresses }
        }
        return []
    }

    /// Servers outside of the configuration that a leader talks to.
    package var strangers: [FormationMember] {
        let departing = progress.compactMap { peer in
            peer.departure.map { FormationMember(id: peer.member.id, addresses: $0.addresses) }
        }
        return (change?.unanswered ?? []) + departing
    }

    /// A heartbeat to a server that left tells it the commit index: from the next round on, its answers show that it knows.
    mutating func noteDeparture(_ slot: Int, told commit: LogIndex) {
        guard let departure = progress[slot].departure, departure.confirmingRound == nil,
            commit >= departure.configuration
        else { return }
        progress[slot].departure?.confirmingRound = reads.round + 1
    }

    /// Forgets servers that know that they have left, and those that had time enough (rule M6).
    mutating func endDepartures(_ now: Instant, _ fx: inout Effects) {
        var hasChanged = false
        for slot in progress.indices.reversed() {
            guard let departure = progress[slot].departure else { continue }
            let knows = departure.confirmingRound.map { progress[slot].confirmedRound >= $0 } ?? false
            guard knows || now >= times.peers[slot].departBy else { continue }
            if !knows { fx.append(.trace(.departureGivenUp(progress[slot].member.id))) }
            progress.remove(at: slot)
            times.peers.remove(at: slot)
            hasChanged = true
        }
        if hasChanged {
            forgetTransfers()
            fx.append(.membershipChanged)
        }
    }

    /// Those to servers that nothing is sent to any more.
    private mutating func forgetTransfers() {
        transfers.removeAll { transfer in !progress.contains { $0.member == transfer.member } }
    }

    // MARK: The server that leaves

    /// A candidate that a committed configuration leaves out is told so, whatever becomes of its vote (rule M6).
    func tellIfRemoved(_ candidate: Member, _ fx: inout Effects) {
        let known = breaks(.tellUncommittedRemoval) ? effective : committed
        guard !known.membership.isEmpty, known.membership.slot(of: candidate) == nil,
            !isMember(candidate) || breaks(.tellUncommittedRemoval),
            known.membership.highestIncarnations.contains(candidate)
        else { return }
        send(.removed(Removed(configuration: known.id)), to: candidate, &fx)
    }

    mutating func receive(_ message: Removed, _ now: Instant, _ fx: inout Effects) {
        let named = configurations.last { $0.membership.slot(of: member) != nil }?.id ?? lastNamed
        guard !isRemoved, named > .zero, message.configuration.index > named.index else { return }
        removedBy = message.configuration
        becomeFollower(of: nil, now, &fx)
        becameRemoved(by: message.configuration, &fx)
    }

    mutating func becameRemoved(by configuration: LogID, _ fx: inout Effects) {
        fx.append(.trace(.removed(by: configuration)))
        fx.append(.membershipChanged)
    }
}
