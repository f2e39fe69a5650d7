import RaftMembership

extension RaftMetrics: CustomStringConvertible {
    /// One line for people: `node 1 is follower in term 3, leader 2, commit 10, applied 9, last 12, voters 1, 2, 3 (7@2)`.
    public var description: String {
        let leader = leader.map { "leader \($0.id)" } ?? "no leader"
        let members = membership.isEmpty ? "no members yet" : "\(Driver.describe(membership)) (\(membershipID))"
        let open = membership.isEmpty || isMembershipCommitted ? "" : ", not committed"
        return
            "node \(node) is \(role.rawValue) in term \(term), \(leader), commit \(commitIndex), applied \(appliedIndex), "
            + "last \(lastIndex), \(members)\(open)"
    }
}
