@testable import RaftCore
import RaftMembership
import Testing

/// Rules V1–V7, from a voter's side and a candidate's.
@Suite("Votes")
struct VotingTests {
    static func request(
        _ term: Term, last: LogID = TestEngine.id(9, 9), isPreVote: Bool = false, round: UInt64 = 1
    ) -> Message {
        .voteRequest(VoteRequest(term: term, round: round, isPreVote: isPreVote, last: last))
    }

    @Test("A vote is told only after it is durable (V1)")
    func grantWaitsForDisk() throws {
        var voter = try TestEngine()
        #expect(voter.receive(Self.request(5), from: 2).voteReplies.isEmpty)
        #expect(voter.persist(1).voteReplies.isEmpty)
        let reply = voter.persist().voteReplies
        #expect(reply.map(\.isGranted) == [true])
        #expect(voter.durableState?.votedFor == TestEngine.member(2))
    }

    @Test("While a vote is being written no second one is given in its term (V1)")
    func noSecondVoteMeanwhile() throws {
        var voter = try TestEngine()
        voter.receive(Self.request(5), from: 2)
        #expect(voter.receive(Self.request(5), from: 3).voteReplies.map(\.isGranted) == [false])
        #expect(voter.persist().sent.map(\.to) == [TestEngine.member(2)])
    }

    @Test("A vote whose term has passed when it becomes durable is not told (V1, V5)")
    func staleGrantIsDropped() throws {
        var voter = try TestEngine()
        voter.receive(Self.request(5), from: 2)
        voter.receive(Self.request(6, last: .zero), from: 3)
        #expect(voter.persist().voteReplies.filter(\.isGranted).isEmpty)
    }

    @Test("A candidate asks for votes only after its own is durable (V2)")
    func ownVoteFirst() throws {
        var candidate = try TestEngine()
        let before = candidate.campaign()
        #expect(before.voteRequests.allSatisfy { $0.isPreVote })
        let after = candidate.persist()
        #expect(after.voteRequests.count == 2)
        #expect(after.voteRequests.allSatisfy { !$0.isPreVote && $0.term == 2 })
    }

    @Test("Stepping down in the same term keeps the vote (V3)")
    func voteSurvivesStepDown() throws {
        var candidate = try TestEngine()
        candidate.campaign()
        candidate.persist()
        candidate.receive(candidate.append(2, after: TestEngine.id(1, 1), [2]), from: 3)
        candidate.persist()
        #expect(candidate.engine.role == .follower)
        #expect(candidate.engine.hard.votedFor == candidate.engine.member)
        candidate.pass(milliseconds: 1000)
        #expect(candidate.receive(Self.request(2), from: 2).voteReplies.map(\.isGranted) == [false])
    }

    @Test("A vote given before a restart is remembered (V3)")
    func voteSurvivesRestart() throws {
        var voter = try TestEngine(term: 5, votedFor: 2)
        #expect(voter.receive(Self.request(5), from: 3).voteReplies.map(\.isGranted) == [false])
        #expect(voter.receive(Self.request(5), from: 2).voteReplies.map(\.isGranted) == [true])
    }

    @Test("A vote belongs to a member, not to its id (V3)")
    func votesAreForIncarnations() throws {
        var voter = try TestEngine(term: 5, votedFor: 2)
        let reborn = Member(id: 2, incarnation: 999)
        let effects = voter.step(
            .received(Envelope(group: .first, from: reborn, to: voter.engine.member, message: Self.request(5))))
        #expect(effects.voteReplies.map(\.isGranted) == [false])
    }

    @Test(
        "Logs are compared by term first, then by index (V4)",
        arguments: [
            (TestEngine.id(4, 3), true), (TestEngine.id(5, 3), true), (TestEngine.id(1, 4), true),
            (TestEngine.id(3, 3), false), (TestEngine.id(100, 2), false), (TestEngine.id(0, 0), false),
        ])
    func comparison(last: LogID, isGranted: Bool) throws {
        for isPreVote in [true, false] {
            var voter = try TestEngine(log: [1, 2, 3])
            let effects = voter.receive(Self.request(5, last: last, isPreVote: isPreVote)) + voter.persist()
            #expect(effects.voteReplies.map(\.isGranted) == [isGranted])
        }
    }

    @Test("A reply counts only for its campaign, its kind and its term (V5)")
    func lateReplies() throws {
        var candidate = try TestEngine()
        candidate.campaign()
        candidate.persist()
        let good = candidate.vote(term: 2, from: 2)
        var wrong = [VoteReply](repeating: good, count: 4)
        wrong[0].round -= 1
        wrong[1].isPreVote = true
        wrong[2].askedTerm = 1
        wrong[3].isGranted = false
        for reply in wrong { candidate.receive(.voteReply(reply)) }
        #expect(candidate.engine.role == .candidate)
        candidate.receive(.voteReply(good))
        #expect(candidate.engine.role == .leader)
    }

    @Test("A pre-vote changes nothing at the voter (V6)")
    func preVoteHasNoSideEffect() throws {
        var voter = try TestEngine()
        let before = voter.engine
        let deadline = voter.engine.nextDeadline
        let effects = voter.receive(Self.request(50, isPreVote: true))
        #expect(effects.voteReplies.map(\.isGranted) == [true])
        #expect(effects.voteReplies.map(\.term) == [1])
        #expect(voter.engine == before && voter.engine.nextDeadline == deadline && voter.writes.isEmpty)
    }

    @Test("A refused pre-vote carries the voter's term, and the candidate adopts it (V6)")
    func refusalTeachesTheTerm() throws {
        var voter = try TestEngine(2, term: 9)
        var candidate = try TestEngine()
        candidate.deadline()
        for reply in voter.receive(Self.request(2, isPreVote: true), from: 1).messages { candidate.receive(reply) }
        #expect(candidate.engine.term == 9 && candidate.engine.role == .follower)
    }

    @Test("Peers that do not answer grant nothing: the term stays (V6)")
    func silenceIsNoGrant() throws {
        var candidate = try TestEngine()
        for _ in 0..<20 { candidate.deadline() }
        #expect(candidate.engine.term == 1 && candidate.engine.role == .preCandidate)
    }

    @Test("Votes are a set: one voter counts once however often it answers (V7)")
    func votesAreASet() throws {
        var candidate = try TestEngine(1, TestEngine.five)
        candidate.campaign(with: [2, 3])
        candidate.persist()
        for _ in 0..<5 { candidate.receive(.voteReply(candidate.vote(term: 2, from: 2)), from: 2) }
        #expect(candidate.engine.role == .candidate)
        candidate.receive(.voteReply(candidate.vote(term: 2, from: 3)), from: 3)
        #expect(candidate.engine.role == .leader)
    }

    @Test("A joint configuration needs a majority of each half (V7)")
    func jointElection() throws {
        var candidate = try TestEngine(1, TestEngine.membership([1, 2, 3], old: [1, 4, 5]))
        candidate.campaign(with: [2, 4])
        #expect(candidate.engine.role == .candidate)
        candidate.persist()
        for voter: UInt64 in [2, 3] { candidate.receive(.voteReply(candidate.vote(term: 2, from: voter)), from: voter) }
        #expect(candidate.engine.role == .candidate)
        candidate.receive(.voteReply(candidate.vote(term: 2, from: 5)), from: 5)
        #expect(candidate.engine.role == .leader)
    }

    @Test("A learner's vote does not count (V7, C3)")
    func learnersDoNotElect() throws {
        var candidate = try TestEngine(1, TestEngine.membership([1, 2, 3], learners: [4]))
        candidate.campaign(with: [2])
        candidate.persist()
        candidate.receive(.voteReply(candidate.vote(term: 2, from: 4)), from: 4)
        #expect(candidate.engine.role == .candidate)
    }

    @Test("A candidate outside the configuration in effect does not count itself (V7)")
    func outsiderDoesNotCountItself() throws {
        // The entry that removes it is not committed yet.
        var candidate = try TestEngine(1, TestEngine.three, TestEngine.membership([2, 3, 4]), commit: 1)
        candidate.campaign(with: [2, 3])
        candidate.persist()
        candidate.receive(.voteReply(candidate.vote(term: 2, from: 2)), from: 2)
        #expect(candidate.engine.role == .candidate)
        candidate.receive(.voteReply(candidate.vote(term: 2, from: 3)), from: 3)
        #expect(candidate.engine.role == .leader)
    }
}
