@testable import RaftCore
import RaftMembership
import Testing

/// Rules T1 and T2 (D§3.10).
@Suite("Handing over leadership")
struct TransferTests {
    // MARK: The leader

    @Test("A target that has everything is told to take over at once, and the call ends when it leads (T1)")
    func handsOver() throws {
        var leader = try TestEngine.leader()
        let effects = leader.transfer(to: 2)
        #expect(effects.timeoutNows == [TimeoutNow(term: 2, last: leader.engine.log.last)])
        #expect(effects.transfers.isEmpty && effects.sent.last?.to == TestEngine.member(2))
        let request = VoteRequest(
            term: 3, round: 1, isPreVote: false, last: leader.engine.log.last, transferredFrom: 2)
        leader.receive(.voteRequest(request), from: 2)
        #expect(leader.engine.role == .follower && leader.engine.term == 3)
        #expect(leader.persist().voteReplies.map(\.isGranted) == [true])
        let done = leader.receive(leader.heartbeat(3), from: 2)
        #expect(done.transfers == [.transferred(to: TestEngine.member(2))] && leader.engine.transfer == nil)
    }

    @Test("A target that lags is caught up first, then proposals are held off, then it is told (T1)")
    func laggard() throws {
        var leader = try TestEngine.leader()
        #expect(leader.transfer(to: 3).timeoutNows.isEmpty)
        // As long as it is looked for where the logs agree, clients are served.
        #expect(leader.step(.proposed([[1]])).rejections.isEmpty)
        let fenced = leader.receive(leader.matched(1, by: 3), from: 3)
        #expect(leader.engine.transfer?.isFenced == true && fenced.timeoutNows.isEmpty)
        #expect(leader.step(.proposed([[2]])).rejections == [.transferring(TestEngine.member(3))])
        leader.persist()
        #expect(leader.acknowledge(2).timeoutNows.isEmpty)
        #expect(leader.acknowledge(3).timeoutNows == [TimeoutNow(term: 2, last: leader.engine.log.last)])
    }

    @Test("A transfer that fails resumes service and says so, within an election timeout (T1)")
    func fenceIsLifted() throws {
        var leader = try TestEngine.leader()
        leader.transfer(to: 2)
        #expect(leader.step(.proposed([[1]])).rejections.count == 1)
        let start = leader.now
        var outcomes: [TransferOutcome] = []
        while outcomes.isEmpty, leader.now < start + 1_000_000_000 { outcomes += leader.beat([2, 3]).transfers }
        #expect(outcomes == [.failed("node 2 did not take over in time: this node leads on")])
        #expect(leader.now <= start + leader.engine.configuration.electionTimeout.upperBound + 50_000_000)
        #expect(leader.step(.proposed([[1]])).acceptedCounts == [1] && leader.engine.role == .leader)
    }

    @Test("A target that cannot be caught up fences nothing, and the transfer ends (T1)")
    func neverCaughtUp() throws {
        var leader = try TestEngine.leader()
        leader.transfer(to: 3)
        var outcomes: [TransferOutcome] = []
        for number in 1...40 as ClosedRange<UInt8> {
            outcomes += leader.beat([2, 3]).transfers
            #expect(leader.step(.proposed([[number]])).acceptedCounts == [1])
            leader.settle([2])
        }
        #expect(outcomes == [.failed("node 3 could not be caught up in time: this node leads on")])
    }

    @Test("A message to take over that was lost is repeated (T1)")
    func repeats() throws {
        var leader = try TestEngine.leader()
        leader.transfer(to: 2)
        #expect(leader.beat([2, 3]).timeoutNows == [TimeoutNow(term: 2, last: leader.engine.log.last)])
    }

    @Test("A message to take over is not repeated before a configuration has arrived that was appended since (T1)")
    func repeatsWhenCaughtUp() throws {
        var leader = try TestEngine.leader()
        leader.settle([2, 3])
        leader.change(TestEngine.added(4))
        leader.settle([2, 3])
        leader.transfer(to: 2)
        #expect(leader.engine.transfer?.isSent == true)
        let sent = leader.engine.log.last
        // The newcomer has caught up, and may vote.
        leader.settle([4])
        #expect(leader.engine.log.last > sent && leader.engine.membership.isJoint)
        #expect(leader.beat([3]).timeoutNows.isEmpty)
        leader.settle([2])
        #expect(leader.beat([3]).timeoutNows.map(\.last) == [leader.engine.log.last])
    }

    static let refused: [(NodeID, String)] = [
        (9, "node 9 is not a member"), (4, "node 4 is a learner: it cannot lead"),
        (3, "node 3 is not in touch: it could not take over"),
    ]

    @Test("Leadership goes to a voter in touch alone, and one line says why not (T1)", arguments: refused)
    func refusals(_ target: NodeID, _ reason: String) throws {
        var leader = try TestEngine.leader(1, TestEngine.membership([1, 2, 3], learners: [4]))
        leader.beat([2], times: 7)
        #expect(leader.transfer(to: target).transfers == [.failed(reason)])
        #expect(leader.engine.transfer == nil && leader.step(.proposed([[1]])).acceptedCounts == [1])
    }

    @Test("Without a target it goes to the voter that has most, the lowest id among equals (T1)")
    func best() throws {
        var leader = try TestEngine.leader(1, TestEngine.membership([1, 2, 3], learners: [4]), with: [2, 3])
        leader.settle([2, 3, 4])
        #expect(leader.transfer().sent.last?.to == TestEngine.member(2))
        leader = try TestEngine.leader(1, TestEngine.membership([1, 2, 3], learners: [4]), with: [3])
        leader.settle([3, 4])
        #expect(leader.transfer().sent.last?.to == TestEngine.member(3))
    }

    @Test(
        "Nobody to hand over to: the call fails, and a leader that gives up leads no more (T1)",
        arguments: [true, false])
    func nobody(givesUp: Bool) throws {
        var leader = try TestEngine.leader(1, TestEngine.membership([1]), with: [])
        let effects = leader.transfer(givesUp: givesUp)
        #expect(effects.transfers == [.failed("no other voter is in touch: nobody could take over")])
        #expect((leader.engine.role == .leader) == !givesUp)
    }

    @Test("A leader that gives up and is not replaced in time leads no more (T1)")
    func givesUp() throws {
        var leader = try TestEngine.leader()
        leader.transfer(givesUp: true)
        let effects = leader.beat([2, 3], times: 10)
        #expect(effects.transfers == [.failed("node 2 did not take over in time: this node gives up")])
        #expect(leader.engine.role == .follower)
    }

    @Test("A transfer to the leader itself is done, and one at a time is carried out (T1)")
    func oneAtATime() throws {
        var leader = try TestEngine.leader()
        #expect(leader.transfer(to: 1).transfers == [.transferred(to: TestEngine.member(1))])
        leader.transfer(to: 2)
        #expect(leader.transfer(to: 3, call: 2).transfers == [.failed("leadership is being handed to node 2 already")])
        #expect(leader.change(.remove(3)).changes == [.rejected(.transferring(TestEngine.member(2)))])
        #expect(leader.engine.transfer?.target == TestEngine.member(2))
        var follower = try TestEngine()
        #expect(follower.transfer(to: 2).transfers == [.rejected(.notLeader(nil))])
    }

    @Test("Whoever leads next ends the call: another, or this server once more (T1)")
    func others() throws {
        var leader = try TestEngine.leader()
        leader.transfer(to: 2)
        let other = leader.receive(leader.heartbeat(3), from: 3)
        #expect(other.transfers == [.failed("node 3 was elected instead")])
        leader = try TestEngine.leader()
        leader.transfer(to: 2)
        let request = VoteRequest(
            term: 3, round: 1, isPreVote: false, last: leader.engine.log.last, transferredFrom: 2)
        leader.receive(.voteRequest(request), from: 2)
        leader.persist()
        #expect(leader.lead(with: [3]).transfers == [.failed("this node was elected again")])
        #expect(leader.engine.transfer == nil && leader.step(.proposed([[1]])).acceptedCounts == [1])
    }

    @Test("A leadership that is lost before or after the message ends the call once (T1)", arguments: [true, false])
    func lost(isSent: Bool) throws {
        var leader = try TestEngine.leader()
        leader.transfer(to: isSent ? 2 : 3)
        var effects = leader.receive(
            .heartbeatReply(
                HeartbeatReply(term: 5, stream: 0, round: 9, hasMatch: false, accepted: 0, matched: 0)), from: 3)
        #expect(leader.engine.role == .follower && effects.transfers.isEmpty == isSent)
        for _ in 0..<10 { effects += leader.deadline() }
        #expect(effects.transfers.count == 1 && leader.engine.transfer == nil)
    }

    // MARK: The target

    /// Follows 2 in term 2, with all that it has.
    private static func follower() throws -> TestEngine {
        var follower = try TestEngine(log: [1])
        follower.receive(follower.append(2, after: TestEngine.id(2, 1), [2], commit: 3), from: 2)
        follower.persist()
        return follower
    }

    @Test("A target stands for election at once, without a pre-vote, and names the term that was handed over (T2)")
    func takesOver() throws {
        var target = try Self.follower()
        let effects = target.receive(.timeoutNow(TimeoutNow(term: 2, last: TestEngine.id(3, 2))), from: 2)
        #expect(effects.voteRequests.isEmpty && target.engine.role == .candidate && target.engine.term == 3)
        // Its own vote is durable first, here too (V2).
        let asked = target.persist().voteRequests
        #expect(asked.count == 2)
        #expect(asked.allSatisfy { $0.term == 3 && !$0.isPreVote && $0.transferredFrom == 2 })
        // The message once more means nothing.
        let repeated = target.receive(.timeoutNow(TimeoutNow(term: 2, last: TestEngine.id(3, 2))), from: 2)
        #expect(repeated.isEmpty && target.engine.term == 3)
    }

    static let ignored: [(TimeoutNow, UInt64)] = [
        (TimeoutNow(term: 1, last: LogID(term: 2, index: 3)), 2),
        (TimeoutNow(term: 3, last: LogID(term: 2, index: 3)), 2),
        (TimeoutNow(term: 2, last: LogID(term: 2, index: 4)), 2),
        (TimeoutNow(term: 2, last: LogID(term: 1, index: 3)), 2),
        (TimeoutNow(term: 2, last: LogID(term: 2, index: 3)), 3),
    ]

    @Test(
        "Another term, another end of the log, another sender than the leader: nothing happens (T2)", arguments: ignored
    )
    func ignores(_ message: TimeoutNow, _ sender: UInt64) throws {
        var target = try Self.follower()
        #expect(target.receive(.timeoutNow(message), from: sender).isEmpty)
        #expect(target.engine.role == .follower && target.engine.term == 2)
    }

    @Test("A learner does not take over (T2, V12)")
    func learnersDoNot() throws {
        var learner = try TestEngine(4, TestEngine.membership([1, 2, 3], learners: [4]))
        learner.receive(learner.heartbeat(2), from: 2)
        learner.receive(.timeoutNow(TimeoutNow(term: 2, last: TestEngine.id(1, 1))), from: 2)
        #expect(learner.engine.role == .follower && learner.engine.term == 2)
    }

    @Test("A retry drops the flag (T2)")
    func retry() throws {
        var target = try Self.follower()
        target.receive(.timeoutNow(TimeoutNow(term: 2, last: TestEngine.id(3, 2))), from: 2)
        target.persist()
        let preVotes = target.deadline().voteRequests
        #expect(preVotes.count == 2 && preVotes.allSatisfy { $0.isPreVote && $0.transferredFrom == .zero })
        target.receive(
            .voteReply(
                VoteReply(term: 3, askedTerm: 4, round: target.currentRound, isPreVote: true, isGranted: true)),
            from: 2)
        let votes = target.persist().voteRequests
        #expect(votes.count == 2 && votes.allSatisfy { $0.term == 4 && $0.transferredFrom == .zero })
    }

    // MARK: Voters

    /// Term asked for, the flag, and whether a voter grants it that hears leader 2 of term 2.
    static let requests: [(Term, Term, Bool)] = [
        (3, 2, true), (3, 0, false), (4, 2, false), (4, 3, true), (3, 1, false),
    ]

    @Test(
        "The flag lets a voter leave its leader only in that term or an earlier one, for the next term (T2, V9)",
        arguments: requests)
    func stickiness(_ term: Term, _ flag: Term, _ isGranted: Bool) throws {
        var voter = try Self.follower()
        let request = VoteRequest(
            term: term, round: 1, isPreVote: false, last: TestEngine.id(3, 2), transferredFrom: flag)
        let effects = voter.receive(.voteRequest(request), from: 3) + voter.persist()
        #expect(effects.voteReplies.map(\.isGranted) == [isGranted])
        if !isGranted { #expect(voter.engine.term == 2 && voter.engine.leader == TestEngine.member(2)) }
    }

    @Test("A voter in a later term than the one that was handed over holds on to its leader (T2)")
    func laterTerm() throws {
        var voter = try Self.follower()
        voter.receive(voter.append(4, after: TestEngine.id(3, 2), [4]), from: 2)
        voter.persist()
        let request = VoteRequest(
            term: 3, round: 1, isPreVote: false, last: TestEngine.id(9, 2), transferredFrom: 2)
        let effects = voter.receive(.voteRequest(request), from: 3) + voter.persist()
        #expect(effects.voteReplies.map(\.isGranted) == [false] && voter.engine.leader == TestEngine.member(2))
    }

    @Test("A log that is behind wins no vote with the flag (T2, V4)")
    func behind() throws {
        var voter = try Self.follower()
        let request = VoteRequest(
            term: 3, round: 1, isPreVote: false, last: TestEngine.id(9, 1), transferredFrom: 2)
        let effects = voter.receive(.voteRequest(request), from: 3) + voter.persist()
        #expect(effects.voteReplies.map(\.isGranted) == [false])
    }
}
