import RaftMembership
import Testing

@Suite("Changes of membership")
struct MembershipChangeTests {
    static func membership(voters: [UInt64], learners: [UInt64] = [], witnesses: [UInt64] = []) throws -> Membership {
        try Membership(
            members: (voters + learners + witnesses).map { id in
                Membership.Record(
                    member: Member(id: NodeID(id), incarnation: 1), addresses: ["memory:\(id)"],
                    isWitness: witnesses.contains(id))
            },
            voters: (voters + witnesses).map { NodeID($0) })
    }

    /// Every configuration on the way from `start` to what `changes` ask for; everybody catches up at once.
    static func way(
        from start: Membership, _ changes: [MembershipChange], incarnation: Incarnation = 1
    ) throws -> [Membership] {
        let goal = try start.goal(of: changes) { _ in incarnation }
        var way = [start]
        while case .append(let next) = way[way.count - 1].step(toward: goal, isCaughtUp: { _ in true }) {
            way.append(next)
            try #require(way.count < 10, "no end of steps: \(way)")
        }
        return way
    }

    static func ids(_ values: [UInt64]) -> [NodeID] { values.map { NodeID($0) } }

    @Test("A new voter is a learner first, then joins through a joint configuration, and votes (§6, D§4.2.1)")
    func add() throws {
        let way = try Self.way(from: Self.membership(voters: [1, 2, 3]), [.add(4, addresses: ["memory:4"])])
        #expect(way.count == 4)
        #expect(way[1].voters == [1, 2, 3] && way[1].kind(of: 4) == .learner && !way[1].isJoint)
        #expect(way[1].members[3].promoteWhenCaughtUp, "any later leader goes on")
        #expect(way[2].voters == [1, 2, 3, 4] && way[2].outgoingVoters == [1, 2, 3])
        #expect(way[3].voters == [1, 2, 3, 4] && !way[3].isJoint && !way[3].members[3].promoteWhenCaughtUp)
    }

    @Test("All members are replaced in one call, and the old ones leave when the joint configuration does (M3)")
    func replaceAll() throws {
        let way = try Self.way(
            from: Self.membership(voters: [1, 2, 3]),
            [4, 5, 6].map { .add($0, addresses: ["memory:\($0)"]) } + [.setVoters([4, 5, 6])])
        #expect(way.map(\.voters) == [[1, 2, 3], [1, 2, 3], [4, 5, 6], [4, 5, 6]])
        #expect(way[2].outgoingVoters == [1, 2, 3] && way[2].members.count == 6)
        #expect(way[3].members.map(\.member.id) == [4, 5, 6])
        #expect(way[3].highestIncarnations.map(\.id) == [1, 2, 3, 4, 5, 6], "former members are remembered (M7)")
    }

    @Test("A learner leaves at once, a voter through a joint configuration; a demoted voter stays")
    func leave() throws {
        let start = try Self.membership(voters: [1, 2, 3], learners: [4])
        #expect(try Self.way(from: start, [.remove(4)]).count == 2)
        let demoted = try Self.way(from: start, [.demote(3)])
        #expect(demoted.count == 3 && demoted[1].isJoint)
        #expect(demoted[2].kind(of: 3) == .learner && !demoted[2].members[2].staysAsLearner)
        let removed = try Self.way(from: start, [.remove(3)])
        #expect(removed.count == 3 && removed[2].kind(of: 3) == nil && removed[2].kind(of: 4) == .learner)
    }

    @Test("A change of address keeps the role, and a role keeps the address (M8)")
    func fields() throws {
        let start = try Self.membership(voters: [1, 2], learners: [3])
        let moved = try Self.way(from: start, [.setAddresses(2, ["tcp:127.0.0.1:7102"])])
        #expect(moved.count == 2 && moved[1].kind(of: 2) == .voter)
        #expect(moved[1].members[1].addresses == ["tcp:127.0.0.1:7102"])
        let promoted = try Self.way(from: start, [.promote(3)])
        #expect(try #require(promoted.last).members[2].addresses == ["memory:3"])
    }

    @Test("A server in a new life replaces its former one: that leaves before this joins (M10)")
    func newLife() throws {
        let way = try Self.way(
            from: Self.membership(voters: [1, 2, 3]), [.remove(3), .add(3, addresses: ["memory:3"])], incarnation: 7)
        #expect(way.map(\.voters) == [[1, 2, 3], [1, 2], [1, 2], [1, 2], [1, 2, 3], [1, 2, 3]])
        #expect(way.map(\.isJoint) == [false, true, false, false, true, false])
        #expect(way[5].slot(of: Member(id: 3, incarnation: 7)) == 2)
    }

    @Test("A learner in a new life takes the place of its former one at once (M10)")
    func newLifeOfLearner() throws {
        let way = try Self.way(
            from: Self.membership(voters: [1, 2], learners: [3]),
            [.remove(3), .add(3, addresses: ["memory:3"], as: .learner)], incarnation: 7)
        #expect(way.count == 2 && way[1].slot(of: Member(id: 3, incarnation: 7)) == 2)
        #expect(way[1].voters == [1, 2] && !way[1].isJoint)
    }

    @Test("Who has not caught up is waited for, and nothing is appended meanwhile (D§4.2.1)")
    func waits() throws {
        let start = try Self.membership(voters: [1, 2, 3], learners: [4, 5])
        let goal = try start.goal(of: [.promote(4), .promote(5)]) { _ in .unknown }
        #expect(start.step(toward: goal) { $0.id != 5 } == .wait(for: [5]))
    }

    @Test("Whoever finds a joint configuration leaves it, whatever else is wanted (M3)")
    func finish() throws {
        let joint = try Membership(
            members: [1, 2, 3].map { Membership.Record(member: Member(id: $0, incarnation: 1), addresses: []) },
            voters: [1, 2], outgoingVoters: [1, 2, 3])
        let left = try #require(joint.leavingJoint())
        #expect(left.voters == [1, 2] && left.members.count == 2 && !left.isJoint)
        #expect(joint.step(toward: joint) { _ in false } == .append(left))
    }

    static let refused: [([MembershipChange], String)] = [
        ([.remove(9)], "node 9 is not a member: the members are 1, 2, 3"),
        ([.promote(2)], "node 2 votes already"),
        ([.demote(3)], "node 3 does not vote"),
        ([.add(2, addresses: ["memory:2"])], "node 2 is a member already"),
        ([.add(0, addresses: ["memory:0"])], "node id 0 is not allowed: ids start at 1"),
        ([.add(4, addresses: [])], "node 4 needs 1 to 16 addresses, not 0"),
        (
            [.setAddresses(2, [String(repeating: "a", count: 1025)])],
            "an address of node 2 has 1025 bytes: more than 1024 are not allowed"
        ),
        ([.remove(1), .remove(2)], "no voter would be left: a configuration needs at least one"),
        ([.setVoters([])], "no voter would be left: a configuration needs at least one"),
        ([.setVoters([1, 1])], "node 1 is named twice"),
        (
            [
                .add(4, addresses: ["memory:4"], as: .witness), .add(5, addresses: ["memory:5"], as: .witness),
                .remove(2),
            ],
            "of 3 voters 2 would be witnesses: they must be fewer than a majority, so that every quorum has a full copy"
        ),
    ]

    @Test("A change that cannot be is refused in one line that says why (M5, X1)", arguments: refused)
    func refusals(_ changes: [MembershipChange], _ reason: String) throws {
        let start = try Self.membership(voters: [1, 2], learners: [3])
        #expect(throws: MembershipChangeRefused(reason)) { try start.goal(of: changes) { _ in 1 } }
    }

    @Test("A cluster can have only so many members in its life, and refuses more: no entry could hold them (M7)")
    func members() throws {
        let seen = (1...1024 as ClosedRange<UInt64>).map { Member(id: NodeID($0), incarnation: 1) }
        let start = try Membership(
            members: [Membership.Record(member: seen[0], addresses: [])], voters: [1], highestIncarnations: seen)
        #expect(throws: MembershipChangeRefused.self) {
            try start.goal(of: [.add(2000, addresses: ["memory:x"])]) { _ in 1 }
        }
        #expect(try start.goal(of: [.add(7, addresses: ["memory:x"])]) { _ in 2 }.voters == [1, 7])
    }

    @Test("A life older than one that was seen is refused, that of a former member too (M7)")
    func superseded() throws {
        let start = try Membership(
            members: [Membership.Record(member: Member(id: 1, incarnation: 1), addresses: [])], voters: [1],
            highestIncarnations: [Member(id: 2, incarnation: 5)])
        #expect(throws: MembershipChangeRefused.self) {
            try start.goal(of: [.add(2, addresses: ["memory:2"])]) { _ in 4 }
        }
        #expect(try start.goal(of: [.add(2, addresses: ["memory:2"])]) { _ in 5 }.voters == [1, 2])
    }
}
