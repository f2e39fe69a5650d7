import RaftCore
public import RaftMembership

/// Who belongs to a cluster and who does not, for levels that have nothing but its nodes' word: what the last
/// configuration says that one of them has shown as committed.
public struct KnownMembers: Hashable, Sendable {
    /// Sorted.
    public private(set) var members: [NodeID]
    /// Members and spares.
    public let everybody: [NodeID]
    private var position = LogID.zero

    /// - Parameters:
    ///   - members: those that form the cluster.
    ///   - spares: those that are there beside them.
    public init(members: [NodeID], spares: [NodeID]) {
        self.members = members.sorted()
        everybody = (members + spares).sorted()
    }

    /// Who belongs to nothing yet, or not any more. Sorted.
    public var spares: [NodeID] { everybody.filter { !members.contains($0) } }

    /// Takes what any node says of itself.
    public mutating func heard(_ status: ScenarioStatus) {
        guard let logged = status.membership, logged.id > position else { return }
        position = logged.id
        members = logged.membership.members.map(\.member.id)
    }
}
