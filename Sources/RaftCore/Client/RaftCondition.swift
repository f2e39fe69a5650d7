public import RaftMembership

/// A state of a node that can be waited for, and how to say it: see `Raft.wait(for:atMost:)`.
///
/// ```swift
/// try await raft.wait(for: .leader, atMost: .seconds(5))
/// try await raft.wait(for: .membership("node 4 votes") { $0.voters.contains(4) }, atMost: .seconds(30))
/// ```
public struct RaftCondition: Sendable, CustomStringConvertible {
    /// Completes “waited for …”.
    public let description: String
    let holds: @Sendable (RaftMetrics) -> Bool

    /// - Parameters:
    ///   - description: completes “waited for …”, for whoever reads that it did not come.
    ///   - holds: is called on the waiting task, with states in their order, until it is true.
    public init(_ description: String, _ holds: @escaping @Sendable (RaftMetrics) -> Bool) {
        self.description = description
        self.holds = holds
    }

    // MARK: Leadership

    /// The node knows a leader: itself, or another one.
    public static let leader = RaftCondition("a leader") { $0.leader != nil }

    /// The node knows this one to lead.
    public static func leader(_ id: NodeID) -> RaftCondition {
        RaftCondition("node \(id) to lead") { $0.leader?.id == id }
    }

    /// The node itself is in this role.
    public static func role(_ role: RaftRole) -> RaftCondition {
        RaftCondition("the node to be \(role.rawValue)") { $0.role == role }
    }

    // MARK: Positions

    /// The node's machine has applied everything up to `index`.
    public static func applied(_ index: LogIndex) -> RaftCondition {
        RaftCondition("entry \(index) to be applied") { $0.appliedIndex >= index }
    }

    /// The node knows everything up to `index` to be committed.
    public static func committed(_ index: LogIndex) -> RaftCondition {
        RaftCondition("entry \(index) to be committed") { $0.commitIndex >= index }
    }

    /// The node has a snapshot of everything up to `index`, its own or the leader's.
    public static func snapshot(_ index: LogIndex) -> RaftCondition {
        RaftCondition("a snapshot of entry \(index)") { $0.snapshotIndex >= index }
    }

    /// Entries up to `index` are gone from the node's log.
    public static func purged(_ index: LogIndex) -> RaftCondition {
        RaftCondition("entry \(index) to be purged") { $0.purgedIndex >= index }
    }

    // MARK: Membership

    /// The node belongs to a cluster, and knows its members.
    public static let formed = RaftCondition("the cluster to be formed") {
        $0.cluster != nil && !$0.membership.isEmpty
    }

    /// Exactly these vote, by a configuration that is committed and not joint.
    public static func voters(_ voters: [NodeID]) -> RaftCondition {
        let voters = voters.sorted()
        let list = voters.map(\.description).joined(separator: ", ")
        return RaftCondition("voters \(list)") {
            $0.membership.voters == voters && !$0.membership.isJoint && $0.isMembershipCommitted
        }
    }

    /// A configuration for which `holds` is true is in effect and known to be committed.
    ///
    /// - Parameter description: completes “waited for a membership in which …”.
    public static func membership(
        _ description: String, _ holds: @escaping @Sendable (Membership) -> Bool
    ) -> RaftCondition {
        RaftCondition("a membership in which \(description)") { $0.isMembershipCommitted && holds($0.membership) }
    }
}
