import RaftMembership

/// Makes events of what becomes of the configurations in a log. Beside what the engine tells as it happens, it compares with
/// what the log holds in the end: a snapshot brings a configuration that nobody appended.
struct MembershipWatch {
    /// The last one that is committed, and those above it.
    private var trail: [LoggedMembership]

    init(_ configurations: [LoggedMembership]) { trail = configurations }

    /// What a new reader is told.
    var present: [MembershipEvent] {
        [MembershipEvent(.present, trail[0])] + trail.dropFirst().map { MembershipEvent(.appended, $0) }
    }

    mutating func note(_ event: EngineEvent, of node: Member) -> [MembershipEvent] {
        switch event {
        case .configurationAdopted(let id, let membership):
            return append(LoggedMembership(id: id, membership: membership))
        case .configurationCommitted(let id, let membership):
            return commit(LoggedMembership(id: id, membership: membership))
        case .truncated(let index, _): return truncate(after: index)
        case .removed(let id):
            let known = trail[trail.count - 1].membership
            return [MembershipEvent(.removed, LoggedMembership(id: id, membership: known), node)]
        default: return []
        }
    }

    /// - Parameter configurations: the last committed one and those above it, as the engine has them now.
    mutating func align(with configurations: [LoggedMembership]) -> [MembershipEvent] {
        guard !isSame(as: configurations), let committed = configurations.first else { return [] }
        var events: [MembershipEvent] = []
        if let lost = trail.dropFirst().first(where: { lost in
            lost.id.index > committed.id.index && !configurations.contains { $0.id == lost.id }
        }) {
            events += truncate(after: lost.id.index.previous)
        }
        for logged in configurations where logged.id.index > trail[0].id.index { events += append(logged) }
        events += commit(committed)
        trail = configurations
        return events
    }

    private func isSame(as configurations: [LoggedMembership]) -> Bool {
        guard trail.count == configurations.count else { return false }
        for position in trail.indices where trail[position].id != configurations[position].id { return false }
        return true
    }

    private mutating func append(_ logged: LoggedMembership) -> [MembershipEvent] {
        guard !trail.contains(where: { $0.id == logged.id }) else { return [] }
        // It is in effect, so what stood at its place or behind it is not.
        while trail.count > 1, trail[trail.count - 1].id.index >= logged.id.index { trail.removeLast() }
        trail.append(logged)
        return [MembershipEvent(.appended, logged)]
    }

    private mutating func truncate(after index: LogIndex) -> [MembershipEvent] {
        guard trail.count > 1, trail[trail.count - 1].id.index > index else { return [] }
        while trail.count > 1, trail[trail.count - 1].id.index > index { trail.removeLast() }
        return [MembershipEvent(.undone, trail[trail.count - 1])]
    }

    private mutating func commit(_ logged: LoggedMembership) -> [MembershipEvent] {
        let before = trail[0]
        guard logged.id != before.id else { return [] }
        trail.removeAll { $0.id.index <= logged.id.index }
        trail.insert(logged, at: 0)
        return [MembershipEvent(.committed, logged)] + Self.changes(from: before.membership, to: logged)
    }

    /// What a configuration changes for each member, by id.
    private static func changes(from old: Membership, to logged: LoggedMembership) -> [MembershipEvent] {
        let new = logged.membership
        var events = old.members.map(\.member).filter { new.slot(of: $0) == nil }.map {
            MembershipEvent(.left, logged, $0)
        }
        for record in new.members {
            let member = record.member
            guard let slot = old.slot(of: member) else {
                events.append(MembershipEvent(.joined, logged, member))
                continue
            }
            if old.isVoter(member) != new.isVoter(member) {
                events.append(MembershipEvent(new.isVoter(member) ? .promoted : .demoted, logged, member))
            }
            if old.members[slot].addresses != record.addresses {
                events.append(MembershipEvent(.readdressed, logged, member))
            }
        }
        return events
    }
}
