@testable import RaftCore
import RaftMembership
import Testing

/// Rules M6 and V12: servers that leave, and those that tell them.
@Suite("Leaving")
struct DepartureTests {
    /// Without 3, which was there before.
    static let two = {
        let members = TestEngine.membership([1, 2]).members
        let all = [1, 2, 3].map(TestEngine.member)
        guard let two = try? Membership(members: members, voters: [1, 2], highestIncarnations: all) else {
            preconditionFailure("two servers are a configuration")
        }
        return two
    }()

    /// Leads 1 and 2, with the removal of 3 committed.
    private static func removing() throws -> TestEngine {
        var leader = try TestEngine.leader()
        leader.change(.remove(3))
        leader.settle([2])
        return leader
    }

    // MARK: The leader

    @Test("A leader goes on sending to a server that left until it answers a round that told it so (M6)")
    func tellsWhoLeft() throws {
        var leader = try Self.removing()
        #expect(leader.peer(3)?.departure != nil && leader.engine.strangers.map(\.id) == [3])
        #expect(leader.engine.quorum == Quorum(incoming: [0, 1]))
        leader.acknowledge(3)
        #expect(leader.peer(3)?.matchIndex == leader.engine.log.last.index)
        // An answer to an earlier round proves nothing.
        leader.answerHeartbeat(3)
        #expect(leader.peer(3) != nil)
        let told = leader.beat([2])
        #expect(told.heartbeats(to: 3).last?.leaderCommit == leader.engine.commitIndex)
        leader.answerHeartbeat(3)
        leader.beat([2])
        leader.answerHeartbeat(3)
        #expect(leader.peer(3) == nil && leader.engine.strangers.isEmpty)
    }

    @Test("What was lost on the way to a server that left is sent again (M6, P4)")
    func lossOnTheWay() throws {
        var leader = try TestEngine.leader()
        leader.settle([2, 3])
        leader.change(.remove(3))
        leader.persist()
        leader.acknowledge(2)
        leader.persist()
        leader.acknowledge(2)
        let held = try #require(leader.peer(3)?.matchIndex)
        #expect(held < leader.engine.log.last.index)
        var appends: [AppendEntries] = []
        for _ in 0..<8 {
            appends += leader.beat([2]).appends(to: 3)
            appends += leader.answerHeartbeat(3, accepted: held).appends(to: 3)
        }
        #expect(appends.contains { $0.previous.index == held })
    }

    @Test("A server that left and does not answer is given up after a while (M6)")
    func givenUp() throws {
        var leader = try Self.removing()
        let events = leader.beat([2], times: 120).events
        #expect(events.contains(.departureGivenUp(3)) && leader.engine.progress.count == 2)
        #expect(leader.engine.role == .leader)
    }

    @Test("A server that left counts in no quorum: nothing is committed by its word (M6, C3)")
    func countsNowhere() throws {
        var leader = try Self.removing()
        let before = leader.engine.commitIndex
        leader.step(.proposed([[1]]))
        leader.persist()
        leader.acknowledge(3)
        #expect(leader.engine.commitIndex == before)
        for _ in 0..<10 where leader.engine.role == .leader { leader.beat([3]) }
        #expect(leader.engine.role == .follower && leader.engine.progress.isEmpty)
    }

    @Test("A server that is added again before it has gone is a member like any other (P2)")
    func addedAgain() throws {
        var leader = try Self.removing()
        leader.change(TestEngine.added(3), call: 2)
        #expect(leader.peer(3)?.departure == nil && leader.engine.membership.kind(of: 3) == .learner)
        #expect(leader.settle([2, 3]).changes.first?.membership?.voters == [1, 2, 3])
        leader.beat([2, 3], times: 120)
        #expect(leader.engine.progress.count == 3)
    }

    // MARK: The server that leaves

    @Test("A server stops when a committed configuration leaves it out, and not before (V12, M6)")
    func campaigns() throws {
        let joint = TestEngine.membership([2, 3], old: [1, 2, 3])
        var server = try TestEngine(1, TestEngine.three, joint, TestEngine.membership([2, 3]))
        #expect(server.engine.mayCampaign && !server.engine.isRemoved)
        server.receive(server.append(2, after: TestEngine.id(3, 1), commit: 2), from: 2)
        #expect(server.engine.mayCampaign && !server.engine.isRemoved)
        let told = server.receive(server.append(2, after: TestEngine.id(3, 1), commit: 3, sequence: 2), from: 2)
        #expect(told.events.contains(.removed(by: TestEngine.id(3, 1))) && server.engine.isRemoved)
        for _ in 0..<10 {
            let asked = server.deadline()
            #expect(asked.messages.isEmpty && server.engine.role == .follower)
        }
        #expect(server.step(.proposed([[1]])).rejections == [.removed])
    }

    @Test("A candidate that its configuration leaves out counts no vote of its own (V7, V12)")
    func ownVote() throws {
        var server = try TestEngine(1, TestEngine.three, TestEngine.membership([2, 3]))
        let asked = server.campaign(with: [2])
        #expect(asked.sent.map(\.to.id) == [] || server.engine.role == .preCandidate)
        #expect(server.engine.role == .preCandidate)
        server.receive(
            .voteReply(
                VoteReply(term: 1, askedTerm: 2, round: server.currentRound, isPreVote: true, isGranted: true)),
            from: 3)
        #expect(server.engine.role == .candidate)
    }

    @Test("A voter of a configuration that may be the last committed one stands for election (V12)")
    func betweenConfigurations() throws {
        // 4 has caught up at once with its promotion and its removal, and knows of neither that it is committed. Under the
        // last joint configuration, which is, nobody wins without it: it must be the one.
        let server = try TestEngine(
            4, TestEngine.membership([1, 2, 3], learners: [4]), TestEngine.membership([1, 2, 3, 4], old: [1, 2, 3]),
            TestEngine.membership([1, 2, 3, 4]), TestEngine.membership([1, 2, 3], old: [1, 2, 3, 4]),
            TestEngine.membership([1, 2, 3]), commit: 1)
        #expect(server.engine.mayCampaign && !server.engine.isRemoved)
    }

    @Test("A learner answers vote requests, and stands for no election (V12)")
    func learner() throws {
        var server = try TestEngine(4, TestEngine.membership([1, 2, 3], learners: [4]))
        for _ in 0..<10 { #expect(server.deadline().voteRequests.isEmpty) }
        let request = VoteRequest(
            term: 2, round: 1, isPreVote: false, last: TestEngine.id(1, 1), transferredFrom: .zero)
        server.receive(.voteRequest(request), from: 2)
        #expect(server.persist().voteReplies.map(\.isGranted) == [true])
    }

    @Test("A learner that catches up through configurations that do not name it is not removed (M6)")
    func catchesUp() throws {
        var server = try TestEngine(4, TestEngine.membership([1, 2]), commit: 1)
        #expect(!server.engine.isRemoved)
        server.receive(
            server.append(2, after: TestEngine.id(1, 1), configurations: [TestEngine.three], commit: 2), from: 2)
        #expect(!server.engine.isRemoved && server.engine.committed.membership == TestEngine.three)
        server.receive(.removed(Removed(configuration: TestEngine.id(2, 2))), from: 3)
        #expect(!server.engine.isRemoved)
    }

    @Test("A server that left and is added again belongs, from the append on (M6)")
    func rejoins() throws {
        var server = try TestEngine(3, TestEngine.three, Self.two, commit: 2)
        #expect(server.engine.isRemoved)
        let again = TestEngine.membership([1, 2], learners: [3])
        server.receive(server.append(2, after: TestEngine.id(2, 1), configurations: [again]), from: 2)
        #expect(!server.engine.isRemoved)
        // It is true after a restart as well, whatever was committed by then.
        server.persist()
        #expect(try !TestEngine(disk: server.disk).engine.isRemoved)
        // And what undoes it makes it one that left.
        server.receive(server.append(3, after: TestEngine.id(2, 1), [3]), from: 1)
        #expect(server.engine.isRemoved)
    }

    @Test("A candidate that left is told so by whoever knows, though its vote is judged like any other (M6, V12)")
    func tellsCandidates() throws {
        var voter = try TestEngine(2, TestEngine.three, Self.two, commit: 2)
        for (candidate, expected) in [(3, [TestEngine.id(2, 1)]), (1, [])] as [(UInt64, [LogID])] {
            let request = VoteRequest(
                term: 2, round: 1, isPreVote: true, last: TestEngine.id(5, 1), transferredFrom: .zero)
            let effects = voter.receive(.voteRequest(request), from: candidate)
            #expect(effects.removals == expected && effects.voteReplies.map(\.isGranted) == [true])
        }
        // Nobody knows of 4 that it ever belonged.
        let request = VoteRequest(term: 2, round: 1, isPreVote: true, last: .zero, transferredFrom: .zero)
        #expect(voter.receive(.voteRequest(request), from: 4).removals.isEmpty)
    }

    @Test("A removal is not told before it is committed (M6)")
    func tellsNothingEarly() throws {
        var voter = try TestEngine(2, TestEngine.three, Self.two, commit: 1)
        let request = VoteRequest(term: 2, round: 1, isPreVote: true, last: .zero, transferredFrom: .zero)
        #expect(voter.receive(.voteRequest(request), from: 3).removals.isEmpty)
    }

    @Test("A server believes its removal only with a configuration after the last one that names it (M6)")
    func believes() throws {
        var server = try TestEngine(3, log: [1, 1])
        server.receive(.removed(Removed(configuration: TestEngine.id(1, 1))), from: 2)
        #expect(!server.engine.isRemoved && server.engine.mayCampaign)
        server.campaign(with: [])
        let told = server.receive(.removed(Removed(configuration: TestEngine.id(9, 1))), from: 2)
        #expect(server.engine.isRemoved && server.engine.role == .follower)
        #expect(told.events.contains(.removed(by: TestEngine.id(9, 1))))
        let repeated = server.receive(.removed(Removed(configuration: TestEngine.id(9, 1))), from: 1)
        #expect(repeated.events.isEmpty)
        for _ in 0..<10 { #expect(server.deadline().messages.isEmpty) }
    }

    @Test("A late word that a server left does not outlive its return (M6)")
    func staleRemoval() throws {
        var server = try TestEngine(3, commit: 1)
        let again = TestEngine.membership([1, 2], learners: [3])
        // A server that knows of the removal at 2 alone says so, before and after the leader has said more.
        server.receive(.removed(Removed(configuration: TestEngine.id(2, 1))), from: 2)
        #expect(server.engine.isRemoved)
        server.receive(
            server.append(1, after: TestEngine.id(1, 1), configurations: [Self.two, again], commit: 2), from: 1)
        #expect(!server.engine.isRemoved)
        server.receive(.removed(Removed(configuration: TestEngine.id(2, 1))), from: 2)
        #expect(!server.engine.isRemoved)
    }
}
