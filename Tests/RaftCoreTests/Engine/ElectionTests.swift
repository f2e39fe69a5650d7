@testable import RaftCore
import RaftMembership
import Testing

/// Rules V8, V9 and V11–V15: when elections happen, and when not.
@Suite("Elections")
struct ElectionTests {
    @Test("A single voter leads the moment its vote is durable, in a new term (V8, V13)")
    func singleVoter() throws {
        var engine = try TestEngine(1, log: [3], TestEngine.membership([1]), term: 3)
        #expect(engine.engine.role == .follower)
        engine.deadline()
        #expect(engine.engine.role == .candidate && engine.engine.term == 4)
        engine.persist(1)
        #expect(engine.engine.role == .leader)
        #expect(engine.persist().applies == [3])
    }

    @Test("A server that hears a leader refuses votes and pre-votes and changes nothing (V9)")
    func stickiness() throws {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(1), from: 3)
        let before = follower.engine
        let deadline = follower.engine.nextDeadline
        follower.pass(milliseconds: 140)
        for isPreVote in [true, false] {
            let effects = follower.receive(VotingTests.request(7, isPreVote: isPreVote))
            #expect(effects.voteReplies.map(\.isGranted) == [false])
            #expect(effects.voteReplies.map(\.term) == [1])
        }
        #expect(follower.engine == before && follower.engine.nextDeadline == deadline)
        follower.pass(milliseconds: 11)
        #expect(follower.receive(VotingTests.request(7, isPreVote: true)).voteReplies.map(\.isGranted) == [true])
    }

    @Test("A leader with a live quorum refuses votes; one without does not (V9)")
    func leaderStickiness() throws {
        var leader = try TestEngine()
        leader.lead()
        #expect(leader.receive(VotingTests.request(9), from: 3).voteReplies.map(\.isGranted) == [false])
        #expect(leader.engine.term == 2)
        leader.pass(milliseconds: 151)
        leader.receive(VotingTests.request(9), from: 3)
        #expect(leader.engine.term == 9 && leader.engine.role == .follower)
    }

    @Test("A leader that no quorum answers steps down in its term and goes silent (V9)")
    func checkQuorum() throws {
        var leader = try TestEngine()
        leader.lead()
        let start = leader.now
        while leader.engine.role == .leader, leader.now - start <= 400_000_000 { leader.deadline() }
        #expect(leader.engine.role == .follower)
        #expect(leader.engine.term == 2 && leader.engine.leader == nil)
        #expect(leader.engine.hard.votedFor == leader.engine.member)
        #expect(leader.deadline().heartbeats.isEmpty)
    }

    @Test("A leader that a quorum answers stays (V9)")
    func checkQuorumHolds() throws {
        var leader = try TestEngine()
        leader.lead()
        for _ in 0..<100 {
            for beat in leader.deadline().heartbeats(to: 2) {
                leader.receive(
                    .heartbeatReply(
                        HeartbeatReply(
                            term: 2, stream: beat.stream, round: beat.round, hasMatch: true, accepted: .zero,
                            matched: .zero)))
            }
        }
        #expect(leader.engine.role == .leader)
    }

    @Test("A request of a lower term is answered with the higher one, which the leader adopts (V9)")
    func higherTermIsHeard() throws {
        for isAppend in [true, false] {
            var stuck = try TestEngine(3, term: 12)
            var leader = try TestEngine()
            leader.lead()
            let request = isAppend ? stuck.append(2, after: TestEngine.id(1, 1)) : stuck.heartbeat(2)
            let replies = stuck.receive(request, from: 1).messages
            #expect(replies.count == 1)
            for reply in replies { leader.receive(reply, from: 3) }
            #expect(leader.engine.term == 12 && leader.engine.role == .follower)
        }
    }

    @Test("The election timeout is drawn anew for every campaign, from its range (V11)")
    func timeoutsVary() throws {
        var engine = try TestEngine()
        var spans: Set<UInt64> = []
        for _ in 0..<50 {
            let start = engine.now
            engine.deadline()
            spans.insert(engine.now - start)
        }
        #expect(spans.count > 45)
        #expect(spans.allSatisfy { (150_000_000...300_000_000).contains($0) })
    }

    @Test("A server campaigns until a committed configuration leaves it out (V12)")
    func removalMustBeCommitted() throws {
        let without = TestEngine.membership([2, 3, 4])
        var uncommitted = try TestEngine(1, TestEngine.three, without, commit: 1)
        #expect(!uncommitted.deadline().voteRequests.isEmpty)
        var committed = try TestEngine(1, TestEngine.three, without, commit: 2)
        #expect(committed.deadline().voteRequests.isEmpty)
    }

    @Test("A learner answers vote requests, and does not campaign (V12)")
    func learnersVote() throws {
        var learner = try TestEngine(4, TestEngine.membership([1, 2, 3], learners: [4]))
        #expect(learner.deadline().voteRequests.isEmpty)
        let effects = learner.receive(VotingTests.request(5)) + learner.persist()
        #expect(effects.voteReplies.map(\.isGranted) == [true])
    }

    @Test("A candidate and a leader from outside the configuration are judged by term and log alone (V12)")
    func strangersAreHeard() throws {
        var voter = try TestEngine()
        let vote = voter.receive(VotingTests.request(5), from: 8) + voter.persist()
        #expect(vote.voteReplies.map(\.isGranted) == [true])
        let append = voter.receive(voter.append(5, after: TestEngine.id(1, 1), [5]), from: 8) + voter.persist()
        #expect(append.matches == [2])
    }

    @Test("Nobody leads without an election, a server alone with all of the log included (V13)")
    func noLeaderWithoutElection() throws {
        for id: UInt64 in [1, 2] {
            let engine = try TestEngine(id, TestEngine.membership([id]), term: 5, votedFor: id)
            #expect(engine.engine.role == .follower)
        }
    }

    @Test("Every message that raises the term has it written (V14)", arguments: 0..<6)
    func termIsPersisted(_ kind: Int) throws {
        var engine = try TestEngine()
        if kind >= 3 { engine.lead() }
        let term: Term = 9
        let messages: [Message] = [
            VotingTests.request(term), engine.append(term, after: .zero), engine.heartbeat(term),
            .appendReply(AppendReply(term: term, stream: 7, sequence: 1, outcome: .matched(0))),
            .heartbeatReply(
                HeartbeatReply(term: term, stream: 7, round: 1, hasMatch: false, accepted: 0, matched: 0)),
            .voteReply(VoteReply(term: term, askedTerm: 2, round: 0, isPreVote: false, isGranted: false)),
        ]
        let effects = engine.receive(messages[kind])
        #expect(engine.engine.term == term)
        #expect(effects.writes.contains { $0.hardState?.term == term })
    }

    @Test("The answer to a request that raised the term waits for the term's write (V14)")
    func repliesWaitForTerm() throws {
        var follower = try TestEngine()
        #expect(follower.receive(follower.heartbeat(9)).heartbeatReplies.isEmpty)
        #expect(follower.receive(follower.append(9, after: TestEngine.id(1, 1))).appendReplies.isEmpty)
        let effects = follower.persist()
        #expect(effects.heartbeatReplies.map(\.term) == [9] && effects.matches == [1])
    }

    @Test("A jump to the highest legal term is survived (V15)")
    func hugeTerm() throws {
        let huge = Term(wireBound - 2)
        var engine = try TestEngine()
        engine.receive(engine.heartbeat(huge))
        engine.persist()
        engine.lead()
        #expect(engine.engine.role == .leader && engine.engine.term == huge.next)
    }
}
