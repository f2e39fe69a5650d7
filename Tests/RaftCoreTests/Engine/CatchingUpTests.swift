@testable import RaftCore
import RaftMembership
import Testing

/// Rule P7 and D§4.2.1: learners on their way to a vote.
@Suite("Catching up")
struct CatchingUpTests {
    /// Leads 1, 2 and 3; 4 is a learner that is to vote.
    private static func joining() throws -> TestEngine {
        var leader = try TestEngine.leader()
        leader.change(TestEngine.added(4))
        leader.settle([2])
        return leader
    }

    @Test("A learner that is dead blocks no commit, and counts in no quorum (P7)")
    func deadLearner() throws {
        var leader = try Self.joining()
        leader.step(.proposed([[1]]))
        leader.settle([2])
        #expect(leader.engine.commitIndex == leader.engine.log.last.index)
        #expect(leader.engine.membership.kind(of: 4) == .learner)
        leader.beat([2], times: 50)
        #expect(leader.engine.role == .leader)
    }

    @Test("A change that waits for a learner gives way to another: a slow one blocks no change of membership (P7)")
    func givesWay() throws {
        var leader = try Self.joining()
        leader.acknowledge(3)
        let effects = leader.change(.remove(4), call: 2) + leader.settle([2])
        #expect(effects.changes.count == 2)
        #expect(effects.changes.first?.unknown?.contains("another change") == true)
        #expect(effects.changes.last?.membership == leader.engine.membership)
        #expect(leader.engine.membership.members.map(\.member.id) == [1, 2, 3])
    }

    @Test("A call that cannot be granted costs the change that waits nothing (P7)")
    func refusedCall() throws {
        var leader = try Self.joining()
        let refused = leader.change(TestEngine.added(4), call: 2)
        #expect(refused.changes == [.refused("node 4 is a member already")])
        #expect(leader.engine.change?.id.rawValue == 1)
        #expect(leader.settle([2, 4]).changes.first?.membership?.voters == [1, 2, 3, 4])
    }

    @Test("A change whose learner makes no progress ends, and says what became of it")
    func givenUp() throws {
        var leader = try Self.joining()
        let ended = leader.beat([2, 3], times: 200)
        #expect(ended.changes.count == 1)
        #expect(
            ended.changes.first?.unknown
                == "node 4 makes no progress with catching up; node 4 will vote once caught up, unless removed")
        // It comes back, and nobody has to ask again.
        leader.settle([2, 4])
        #expect(leader.engine.membership.voters == [1, 2, 3, 4] && !leader.engine.membership.isJoint)
    }

    @Test("A learner that was slow to take in what there was votes, though nothing more is proposed (D§4.2.1)")
    func slowInAQuietCluster() throws {
        var leader = try Self.joining()
        leader.beat([2, 3], times: 10)
        let done = leader.settle([2, 4])
        #expect(done.changes.first?.membership?.voters == [1, 2, 3, 4])
    }

    /// As many rounds of catching up, each longer than an election timeout, with entries added meanwhile.
    private static func slowRounds(_ leader: inout TestEngine, _ count: Int) -> [Effect] {
        var effects: [Effect] = []
        for _ in 0..<count where leader.engine.role == .leader && !leader.engine.membership.isVoter(4) {
            let end = leader.engine.log.last.index
            leader.step(.proposed([[1]]))
            effects += leader.settle([2])
            effects += leader.beat([2, 3], times: 6)
            guard leader.peer(4) != nil else { break }
            effects += leader.receive(leader.matched(end, by: 4), from: 4)
        }
        return effects
    }

    @Test("A learner that falls behind as fast as it catches up does not vote, and its change ends (D§4.2.1)")
    func doesNotKeepUp() throws {
        var leader = try Self.joining()
        let rounds = Self.slowRounds(&leader, 5)
        #expect(rounds.changes.isEmpty && leader.engine.membership.kind(of: 4) == .learner)
        let ended = Self.slowRounds(&leader, 10)
        #expect(
            ended.changes.first?.unknown
                == "node 4 does not keep up with what is proposed; node 4 will vote once caught up, unless removed")
        #expect(leader.engine.membership.kind(of: 4) == .learner)
        leader.settle([2, 4])
        #expect(leader.engine.membership.voters == [1, 2, 3, 4])
    }

    @Test("A later leader has a learner vote that was added to vote, once it has caught up (M3)")
    func laterLeader() throws {
        var records = TestEngine.membership([1, 2, 3], learners: [4]).members
        records[3].promoteWhenCaughtUp = true
        let membership = try Membership(members: records, voters: [1, 2, 3])
        var leader = try TestEngine.leader(1, membership)
        leader.beat([2, 3], times: 3)
        #expect(leader.engine.membership == membership)
        leader.settle([2, 4])
        #expect(leader.engine.membership.voters == [1, 2, 3, 4] && !leader.engine.membership.isJoint)
        #expect(leader.engine.membership.members.allSatisfy { !$0.promoteWhenCaughtUp })
    }

    @Test("A learner that is there to learn stays one, however much it has")
    func plainLearner() throws {
        var leader = try TestEngine.leader(1, TestEngine.membership([1, 2, 3], learners: [4]))
        leader.settle([2, 3, 4])
        leader.beat([2, 3, 4], times: 5)
        #expect(leader.engine.membership.kind(of: 4) == .learner)
        leader.change(.promote(4))
        #expect(leader.engine.membership.isJoint, "it has everything")
    }

    @Test("A learner that is promoted catches up first, a former voter too (D§4.2.1)")
    func catchesUpAgain() throws {
        var leader = try Self.joining()
        leader.settle([2, 4])
        leader.change(.demote(4), call: 2)
        leader.settle([2, 4])
        #expect(leader.engine.membership.kind(of: 4) == .learner)
        leader.step(.proposed([[1]]))
        leader.settle([2])
        leader.beat([2, 3, 4])
        leader.change(.promote(4), call: 3)
        #expect(leader.engine.membership.kind(of: 4) == .learner && !leader.engine.membership.isJoint)
        #expect(leader.settle([2, 4]).changes.first?.membership?.voters == [1, 2, 3, 4])
    }

    @Test("A learner that has caught up and is silent since is not promoted before it is heard again")
    func silentSince() throws {
        var leader = try TestEngine.leader(1, TestEngine.membership([1, 2, 3], learners: [4]))
        leader.settle([2, 3, 4])
        leader.beat([2, 3], times: 10)
        leader.change(.promote(4))
        #expect(!leader.engine.membership.isJoint)
        leader.beat([2, 3, 4])
        leader.beat([2, 3])
        #expect(leader.engine.membership.isJoint)
    }
}
