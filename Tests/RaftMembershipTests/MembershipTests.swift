import RaftMembership
import Testing

@Suite("Membership")
struct MembershipTests {
    static func record(_ id: NodeID, _ incarnation: Incarnation = 1) -> Membership.Record {
        Membership.Record(member: Member(id: id, incarnation: incarnation), addresses: [])
    }

    @Test("No configuration is empty: a half without a voter, an id twice, id 0 or a stranger is refused (M5)")
    func impossible() {
        let records = [Self.record(1), Self.record(2)]
        #expect(throws: MembershipError.noVoter) { try Membership(members: records, voters: []) }
        #expect(throws: MembershipError.noVoter) { try Membership(members: records, voters: [1], outgoingVoters: []) }
        #expect(throws: MembershipError.voterIsNoMember(3)) { try Membership(members: records, voters: [3]) }
        #expect(throws: MembershipError.duplicate(2)) { try Membership(members: records, voters: [2, 2]) }
        #expect(throws: MembershipError.duplicate(1)) { try Membership(members: records + records, voters: [1]) }
        #expect(throws: MembershipError.zeroID) { try Membership(members: [Self.record(0)], voters: [0]) }
    }

    @Test("“None yet” is nobody, not this server (M5)")
    func noneYet() {
        #expect(Membership().isEmpty && !Membership().isVoter(1) && Membership().slot(of: 1) == nil)
    }

    @Test("Members are sorted by id, and their place is their slot")
    func slots() throws {
        let membership = try Membership(members: [9, 1, 5].map { Self.record($0) }, voters: [9, 1])
        #expect(membership.members.map(\.member.id) == [1, 5, 9] && membership.voters == [1, 9])
        #expect(membership.slot(of: 5) == 1 && membership.quorum == Quorum(incoming: [0, 2]))
        #expect(membership.isVoter(9) && !membership.isVoter(5))
    }

    @Test("A server in another life is another member (M7, M10)")
    func incarnations() throws {
        let membership = try Membership(
            members: [Self.record(1, 4)], voters: [1],
            highestIncarnations: [Member(id: 2, incarnation: 8), Member(id: 1, incarnation: 3)])
        #expect(membership.slot(of: Member(id: 1, incarnation: 4)) == 0)
        #expect(membership.slot(of: Member(id: 1, incarnation: 3)) == nil)
        #expect(!membership.isVoter(Member(id: 1, incarnation: 5)))
        #expect(
            membership.highestIncarnations == [Member(id: 1, incarnation: 4), Member(id: 2, incarnation: 8)])
    }

    @Test("In a joint configuration the voters of both halves vote (C3)")
    func joint() throws {
        let membership = try Membership(
            members: (1...4).map { Self.record(NodeID($0)) }, voters: [1, 2], outgoingVoters: [2, 3])
        #expect(membership.isJoint && (1...3).allSatisfy { membership.isVoter(NodeID($0)) } && !membership.isVoter(4))
        #expect(membership.quorum == Quorum(incoming: [0, 1], outgoing: [1, 2]))
    }

    @Test("Log positions are ordered by term first, then by index (V4)")
    func logIDs() {
        #expect(LogID(term: 1, index: 100) < LogID(term: 2, index: 1))
        #expect(LogID(term: 2, index: 1) < LogID(term: 2, index: 2))
    }

    @Test("A cluster's identity reads back from its text, and nothing else does")
    func clusterText() {
        let cluster = ClusterID(high: 0xAB, low: .max)
        #expect(ClusterID(cluster.description) == cluster && cluster.description.count == 32)
        for text in ["", "ab", String(repeating: "g", count: 32), cluster.description + "0"] {
            #expect(ClusterID(text) == nil, "\(text)")
        }
    }
}
