@testable import RaftCore
import RaftMembership
import Testing

/// Rules R4 and R5 (D§6.4.1).
@Suite("Leases")
struct LeaseTests {
    static let ms: UInt64 = 1_000_000

    static func read(_ number: UInt64, _ kind: ReadKind = .lease) -> Input {
        .readRequested(ReadID(rawValue: number), kind)
    }

    /// A leader with a committed entry of its term, whose last heartbeats have just left.
    static func leader(_ membership: Membership = TestEngine.three, with voters: [UInt64] = [2]) throws -> TestEngine {
        var leader = try TestEngine.leader(1, membership, with: voters)
        leader.beat(membership.voters.map(\.rawValue).filter { $0 != 1 })
        leader.pass(milliseconds: 10)
        let due = leader.engine.times.heartbeat
        while leader.engine.times.heartbeat == due { leader.deadline() }
        return leader
    }

    /// The peer answers the last heartbeat, and promises its vote for so many milliseconds.
    @discardableResult
    static func confirm(_ leader: inout TestEngine, by peer: UInt64, promise: UInt64) -> [Effect] {
        let progress = leader.progress(of: peer)
        return leader.receive(
            .heartbeatReply(
                HeartbeatReply(
                    term: leader.engine.term, stream: progress.stream, round: leader.engine.reads.round, hasMatch: true,
                    accepted: progress.matchIndex, matched: progress.matchIndex, promise: promise * ms)), from: peer)
    }

    /// The peer acknowledges all of the log, and promises its vote for so many milliseconds.
    @discardableResult
    static func acknowledge(_ leader: inout TestEngine, by peer: UInt64, promise: UInt64) -> [Effect] {
        let progress = leader.progress(of: peer)
        return leader.receive(
            .appendReply(
                AppendReply(
                    term: leader.engine.term, stream: progress.stream, sequence: progress.sequence,
                    outcome: .matched(leader.engine.log.last.index), promise: promise * ms)), from: peer)
    }

    // MARK: The leader

    @Test("A lease runs from when the request was sent, less the drift of clocks (R4)")
    func fromSending() throws {
        var leader = try Self.leader()
        let sent = leader.now
        leader.pass(milliseconds: 40)
        Self.confirm(&leader, by: 2, promise: 100)
        #expect(leader.engine.leaseEnd(leader.now) == sent + 90 * Self.ms)
        #expect(leader.step(Self.read(1)).proofs == [.lease])
        leader.pass(milliseconds: 50)
        // It has ended: a quorum is asked.
        let effects = leader.step(Self.read(2))
        #expect(effects.readies.isEmpty && !effects.heartbeats.isEmpty)
        #expect(Self.confirm(&leader, by: 2, promise: 100).proofs == [.round])
    }

    @Test("The smallest promise of a quorum counts, and the best quorum (R4)")
    func smallestOfTheBestQuorum() throws {
        var leader = try Self.leader(TestEngine.five, with: [2, 3])
        let sent = leader.now
        Self.confirm(&leader, by: 2, promise: 200)
        #expect(leader.step(Self.read(1)).readies.isEmpty)
        Self.confirm(&leader, by: 3, promise: 50)
        #expect(leader.engine.leaseEnd(leader.now) == sent + 45 * Self.ms)
        Self.confirm(&leader, by: 4, promise: 100)
        #expect(leader.engine.leaseEnd(leader.now) == sent + 90 * Self.ms)
    }

    @Test("In a joint configuration both halves promise, and a learner never counts (R4, C3)")
    func bothHalves() throws {
        var leader = try Self.leader(
            TestEngine.membership([1, 4, 5], old: [1, 2, 3], learners: [6]), with: [2, 4])
        Self.confirm(&leader, by: 2, promise: 100)
        Self.confirm(&leader, by: 3, promise: 100)
        Self.confirm(&leader, by: 6, promise: 100)
        #expect(leader.engine.leaseEnd(leader.now) <= leader.now)
        Self.confirm(&leader, by: 4, promise: 50)
        #expect(leader.engine.leaseEnd(leader.now) == leader.now + 45 * Self.ms)
    }

    @Test("Whoever promises nothing gives no lease, and no lease is granted where clocks are not trusted (R4)")
    func nothingPromised() throws {
        var leader = try Self.leader()
        Self.confirm(&leader, by: 2, promise: 0)
        #expect(leader.step(Self.read(1)).readies.isEmpty)
        var configuration = RaftConfiguration()
        configuration.leaseDrift = 100
        var careful = try TestEngine.leader(configuration: configuration)
        careful.beat([])
        Self.confirm(&careful, by: 2, promise: 100)
        #expect(careful.engine.leaseEnd(careful.now) == .origin)
    }

    @Test("There is no lease before an entry of the term is committed (C8)")
    func afterNoOp() throws {
        var leader = try TestEngine()
        leader.lead()
        Self.confirm(&leader, by: 2, promise: 1000)
        #expect(leader.step(Self.read(1)).readies.isEmpty && leader.engine.leaseEnd(leader.now) == .origin)
        #expect(Self.acknowledge(&leader, by: 2, promise: 1000).proofs == [.lease])
    }

    @Test("A lease read waits for the machine like any other (R1)")
    func waitsForApply() throws {
        var leader = try Self.leader()
        leader.acknowledge(3)
        leader.step(.proposed([[1]]))
        Self.acknowledge(&leader, by: 2, promise: 1000)
        Self.acknowledge(&leader, by: 3, promise: 1000)
        #expect(leader.engine.commitIndex > leader.engine.applySubmitted)
        #expect(leader.step(Self.read(1)).readies.isEmpty)
        #expect(leader.persist().readies == [ReadID(rawValue: 1)])
    }

    @Test("Telling another to take over ends the lease for the rest of the term, whatever becomes of it (R5)")
    func transferEndsIt() throws {
        var leader = try Self.leader()
        Self.confirm(&leader, by: 2, promise: 1000)
        #expect(leader.engine.leaseEnd(leader.now) > leader.now)
        #expect(leader.transfer(to: 2).timeoutNows.count == 1)
        #expect(leader.engine.leaseEnd(leader.now) == .origin)
        for _ in 0..<20 where leader.engine.transfer != nil { leader.beat([2, 3]) }
        #expect(leader.engine.role == .leader && leader.engine.transfer == nil)
        leader.beat([])
        Self.confirm(&leader, by: 2, promise: 1000)
        #expect(leader.step(Self.read(1)).readies.isEmpty)
        // Reads are still served, with a quorum's word.
        #expect(Self.confirm(&leader, by: 2, promise: 1000).readies == [ReadID(rawValue: 1)])
    }

    @Test("A leader whose disk hangs has no lease (D5)")
    func hungDisk() throws {
        var leader = try Self.leader()
        Self.confirm(&leader, by: 2, promise: 10_000)
        leader.step(.proposed([[1]]))
        leader.pass(milliseconds: 2001)
        #expect(leader.engine.leaseEnd(leader.now) == .origin)
    }

    // MARK: The voter

    @Test("What is acknowledged states a promise, as large as the hard state allows; nothing else does (R4, R6)")
    func statedPromise() throws {
        var voter = try TestEngine(promise: 150 * Self.ms, configuration: RaftConfiguration())
        voter.receive(voter.heartbeat(2, at: TestEngine.id(1, 1)), from: 2)
        #expect(voter.persist().heartbeatReplies.map(\.promise) == [150 * Self.ms])
        let matched = voter.receive(voter.append(2, after: TestEngine.id(1, 1)), from: 2)
        #expect(matched.appendReplies.map(\.promise) == [150 * Self.ms])
        #expect(voter.receive(voter.append(2, after: TestEngine.id(7, 2)), from: 2).appendReplies.map(\.promise) == [0])
        #expect(voter.receive(voter.heartbeat(1), from: 3).heartbeatReplies.map(\.promise) == [0])
        var unprepared = try TestEngine(promise: 20 * Self.ms)
        unprepared.receive(unprepared.heartbeat(2, at: TestEngine.id(1, 1)), from: 2)
        #expect(unprepared.persist().heartbeatReplies.map(\.promise) == [20 * Self.ms])
    }

    @Test("A promise outlives the term in which it was given (R4)", arguments: [true, false])
    func outlivesTheTerm(_ isPreVote: Bool) throws {
        var voter = try TestEngine(promise: 150 * Self.ms)
        voter.pass(milliseconds: 1000)
        voter.receive(voter.heartbeat(2, at: TestEngine.id(1, 1)), from: 2)
        voter.persist()
        // An old answer brings a later term, and the leader is forgotten.
        voter.receive(
            .voteReply(VoteReply(term: 5, askedTerm: 5, round: 1, isPreVote: true, isGranted: false)), from: 3)
        voter.persist()
        #expect(voter.engine.term == 5 && voter.engine.leader == nil)
        voter.pass(milliseconds: 149)
        voter.receive(voter.voteRequest(6, isPreVote: isPreVote), from: 3)
        voter.receive(voter.voteRequest(5), from: 3)
        #expect(voter.persist().voteReplies.filter(\.isGranted).isEmpty && voter.engine.term == 5)
        voter.pass(milliseconds: 1)
        let effects = voter.receive(voter.voteRequest(6, isPreVote: isPreVote), from: 3) + voter.persist()
        #expect(effects.voteReplies.map(\.isGranted) == [true])
    }

    @Test("The leader that was promised a vote gives it to its successor (R5, T2)")
    func handedOn() throws {
        var voter = try TestEngine(promise: 150 * Self.ms)
        voter.pass(milliseconds: 1000)
        voter.receive(voter.heartbeat(2, at: TestEngine.id(1, 1)), from: 2)
        voter.persist()
        voter.receive(voter.voteRequest(3, transferredFrom: 1), from: 3)
        #expect(voter.persist().voteReplies.filter(\.isGranted).isEmpty)
        voter.receive(voter.voteRequest(3, transferredFrom: 2), from: 3)
        #expect(voter.persist().voteReplies.map(\.isGranted) == [true])
    }

    // MARK: After a restart (R6)

    @Test("A restarted voter neither votes nor pre-votes for as long as it may have promised (R6)")
    func restarted() throws {
        var voter = try TestEngine(promise: 400 * Self.ms)
        voter.pass(milliseconds: 399)
        #expect(voter.receive(voter.voteRequest(9, isPreVote: true)).voteReplies.map(\.isGranted) == [false])
        #expect(voter.receive(voter.voteRequest(9)).voteReplies.map(\.isGranted) == [false])
        #expect(voter.receive(voter.voteRequest(9, transferredFrom: 8)).voteReplies.map(\.isGranted) == [false])
        #expect(voter.engine.term == 1)
        voter.pass(milliseconds: 1)
        #expect(voter.receive(voter.voteRequest(9, isPreVote: true)).voteReplies.map(\.isGranted) == [true])
    }

    @Test("Nor does it campaign, or take over; the only voter does (R6)")
    func restartedCandidate() throws {
        var voter = try TestEngine(promise: 5000 * Self.ms)
        while voter.engine.nextDeadline < voter.now + 2000 * Self.ms {
            #expect(voter.deadline().voteRequests.isEmpty && voter.engine.role == .follower)
            if voter.now > Instant(nanoseconds: 3_000_000_000) { break }
        }
        voter.receive(voter.heartbeat(2, at: TestEngine.id(1, 1)), from: 2)
        voter.persist()
        voter.receive(.timeoutNow(TimeoutNow(term: 2, last: TestEngine.id(1, 1))), from: 2)
        #expect(voter.engine.role == .follower && voter.engine.term == 2)
        var only = try TestEngine(1, TestEngine.membership([1]), promise: 5000 * Self.ms)
        only.lead(with: [])
        #expect(only.engine.role == .leader && only.now < Instant(nanoseconds: 2_000_000_000))
    }

    @Test("A promise that was configured larger once is forgotten with the next write after it has passed (R6)")
    func forgotten() throws {
        var voter = try TestEngine(promise: 400 * Self.ms)
        voter.receive(voter.heartbeat(2, at: TestEngine.id(1, 1)), from: 2)
        voter.persist()
        #expect(voter.durableState?.largestPromise == 400 * Self.ms)
        voter.pass(milliseconds: 400)
        voter.receive(voter.heartbeat(3, at: TestEngine.id(1, 1)), from: 3)
        voter.persist()
        #expect(voter.durableState?.largestPromise == 150 * Self.ms)
    }
}
