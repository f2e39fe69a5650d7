import RaftMembership
import RaftMemory
import Testing

@testable import RaftCore

/// Rule M10: members that come back in another life.
@Suite("Members that lost their data")
struct ReturningTests {
    static let later = Member(id: 3, incarnation: 500)

    /// A leader of three that has not heard of server 3 for long, and is met by its next life.
    private func met(_ membership: Membership = TestEngine.three) throws -> (TestEngine, [Effect]) {
        var leader = try TestEngine.leader(1, membership)
        leader.beat([2], times: 8)
        let effects = leader.step(.connected(Self.later))
        return (leader, effects)
    }

    @Test("The former life loses its vote first, and then its place to the later one, a learner (M10)")
    func twoSteps() throws {
        var (leader, effects) = try met()
        #expect(effects.events.contains(.memberReturned(Self.later)))
        #expect(leader.engine.membership.isJoint && leader.engine.membership.voters == [1, 2])
        for _ in 0..<4 {
            leader.settle([2])
            leader.beat([2])
        }
        let membership = leader.engine.membership
        #expect(membership.voters == [1, 2] && !membership.isJoint)
        #expect(membership.slot(of: Self.later) != nil && membership.kind(of: 3) == .learner)
        #expect(membership.members.first { $0.member == Self.later }?.promoteWhenCaughtUp == false)
        #expect(membership.members.first { $0.member == Self.later }?.addresses == ["memory:3"])
        #expect(leader.engine.configurations.count == 1)
        // It is left alone from then on.
        #expect(!leader.beat([2], times: 3).events.contains(.memberReturned(Self.later)))
    }

    @Test("A learner's later life takes its place in one step (M10)")
    func learner() throws {
        let (leader, _) = try met(TestEngine.membership([1, 2], learners: [3]))
        #expect(leader.engine.membership.slot(of: Self.later) != nil && !leader.engine.membership.isJoint)
    }

    @Test("A member that still answers keeps its place, whoever runs on a copy of its data (M10)")
    func copy() throws {
        var leader = try TestEngine.leader()
        leader.beat([2, 3], times: 2)
        #expect(!leader.step(.connected(Self.later)).events.contains(.memberReturned(Self.later)))
        leader.beat([2, 3], times: 8)
        #expect(leader.engine.membership == TestEngine.three)
    }

    @Test("A follower remembers whom it met, and takes it in when it leads (M10)")
    func follower() throws {
        var server = try TestEngine()
        server.step(.connected(Self.later))
        server.lead()
        server.settle([2])
        server.beat([2], times: 8)
        #expect(server.engine.membership.isJoint && server.engine.membership.voters == [1, 2])
    }

    @Test("An earlier life, a stranger and one that was removed are not taken in (M7, M10)")
    func others() throws {
        var leader = try TestEngine.leader()
        leader.beat([2], times: 8)
        for member in [Member(id: 3, incarnation: 5), Member(id: 9, incarnation: 500)] {
            leader.step(.connected(member))
        }
        leader.beat([2], times: 4)
        #expect(leader.engine.membership == TestEngine.three)
        leader.change(.remove(3))
        for _ in 0..<3 {
            leader.settle([2])
            leader.beat([2])
        }
        leader.step(.connected(Self.later))
        leader.beat([2], times: 4)
        #expect(leader.engine.membership.slot(of: 3 as NodeID) == nil)
    }

    @Test("A later life neither campaigns nor counts before a configuration has it (M10)")
    func unknownYet() throws {
        var server = try TestEngine(3, log: [1])
        var hard = server.engine.hard
        hard.beginNewLife(as: 500)
        try server.disk.commit([StorageBatch(group: .first, hardState: hard)])
        server = try TestEngine(disk: server.disk)
        #expect(server.engine.member == Self.later && server.engine.hard.votedFor == nil)
        for _ in 0..<10 { #expect(server.deadline().voteRequests.isEmpty) }
    }
}
