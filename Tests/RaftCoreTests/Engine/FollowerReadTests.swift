@testable import RaftCore
import RaftMembership
import Testing

/// Rule R7, and R1 to R3 for reads on servers that do not lead.
@Suite("Reads on followers")
struct FollowerReadTests {
    static let ms: UInt64 = 1_000_000

    static func read(_ number: UInt64, _ kind: ReadKind = .follower) -> Input {
        .readRequested(ReadID(rawValue: number), kind)
    }

    /// Follows node 2 in term 2, with entry 1 applied.
    static func follower(_ id: UInt64 = 1, _ membership: Membership = TestEngine.three) throws -> TestEngine {
        var follower = try TestEngine(id, membership)
        follower.receive(follower.append(2, after: TestEngine.id(1, 1), [2], commit: 2), from: 2)
        follower.persist()
        return follower
    }

    static func reply(_ question: ReadIndex, _ index: LogIndex?) -> Message {
        .readIndexReply(
            ReadIndexReply(
                term: question.term, start: question.start, number: question.number, asked: question.asked, index: index
            ))
    }

    // MARK: The follower

    @Test("The leader is asked once for all reads that wait, and anew for those that come later (R7, R2)")
    func oneQuestion() throws {
        var follower = try Self.follower()
        let first = try #require(follower.step(Self.read(1)).questions.first)
        #expect(follower.step(Self.read(2)).isEmpty && follower.step(Self.read(3)).isEmpty)
        let effects = follower.receive(Self.reply(first, 2), from: 2)
        #expect(effects.readies.map(\.rawValue) == [1])
        let second = try #require(effects.questions.first)
        #expect(second.number != first.number)
        #expect(follower.receive(Self.reply(second, 2), from: 2).readies.map(\.rawValue) == [2, 3])
        #expect(follower.engine.followerReads.isEmpty)
    }

    @Test("A read waits until the leader's index is applied here, a learner's too (R1, R7)", arguments: [1, 4])
    func waitsForApply(_ id: UInt64) throws {
        var follower = try Self.follower(id, TestEngine.membership([1, 2, 3], learners: [4]))
        let question = try #require(follower.step(Self.read(1)).questions.first)
        #expect(follower.receive(Self.reply(question, 3), from: 2).readies.isEmpty)
        follower.receive(follower.append(2, after: TestEngine.id(2, 2), [2], commit: 3, sequence: 2), from: 2)
        let effects = follower.persist()
        #expect(effects.applies == [3] && effects.readies.map(\.rawValue) == [1] && effects.proofs == [.round])
    }

    @Test("A late answer, one of another start and one of another server confirm nothing (R2)")
    func otherAnswers() throws {
        var follower = try Self.follower()
        let first = try #require(follower.step(Self.read(1)).questions.first)
        follower.receive(Self.reply(first, 2), from: 2)
        let second = try #require(follower.step(Self.read(2)).questions.first)
        #expect(follower.receive(Self.reply(first, 2), from: 2).readies.isEmpty)
        #expect(follower.receive(Self.reply(second, 2), from: 3).readies.isEmpty)
        var other = second
        other.start += 1
        #expect(follower.receive(Self.reply(other, 2), from: 2).readies.isEmpty)
        #expect(follower.receive(Self.reply(second, 2), from: 2).readies.map(\.rawValue) == [2])
    }

    @Test("Reads end when the leader changes or says that it leads no more; what was answered stays true (R3)")
    func leaderChange() throws {
        var follower = try Self.follower()
        let question = try #require(follower.step(Self.read(1)).questions.first)
        follower.receive(Self.reply(question, 3), from: 2)
        follower.step(Self.read(2))
        follower.step(Self.read(3))
        let effects = follower.receive(follower.append(3, after: TestEngine.id(2, 2), [3], commit: 3), from: 3)
        #expect(effects.failedReads.map(\.rawValue) == [2, 3])
        #expect(follower.persist().readies.map(\.rawValue) == [1])
        let next = try #require(follower.step(Self.read(4)).questions.first)
        #expect(follower.receive(Self.reply(next, nil), from: 3).failedReads.map(\.rawValue) == [4])
    }

    @Test("A question that is lost is asked again, with another number, and reads are given up after a while (R3)")
    func lostQuestions() throws {
        var follower = try Self.follower()
        var numbers = follower.step(Self.read(1)).questions.map(\.number)
        var failed: [Rejection] = []
        for _ in 0..<100 where failed.isEmpty {
            // The leader is heard from all the while.
            follower.pass(milliseconds: 50)
            var effects = follower.receive(follower.heartbeat(2, at: TestEngine.id(2, 2)), from: 2)
            if follower.now >= follower.engine.nextDeadline { effects += follower.step(.deadlineReached) }
            numbers += effects.questions.map(\.number)
            failed += effects.readRejections
        }
        #expect(failed == [.unconfirmed] && follower.engine.followerReads.isEmpty)
        #expect(Set(numbers).count == numbers.count && numbers.count == 8)
    }

    @Test("Without a leader, a cluster or a place in it a read is refused at once (R3)")
    func refusals() throws {
        var alone = try TestEngine()
        #expect(alone.step(Self.read(1)).readRejections == [.notLeader(nil)])
        #expect(alone.step(Self.read(2, .stale(atMost: .max))).readRejections == [.tooStale(age: nil)])
        var pristine = try TestEngine(pristine: 1)
        #expect(pristine.step(Self.read(1)).readRejections == [.notFormed])
        var fenced = try Self.follower()
        fenced.step(Self.read(1))
        #expect(fenced.step(.futureMessage(2, "")).readRejections == [.fenced])
    }

    // MARK: Reads that may be old

    @Test("The age runs from the reader's own question; a young enough state is read without asking (R7)")
    func age() throws {
        var follower = try Self.follower()
        let asked = follower.now
        let kind = ReadKind.stale(atMost: 100 * Self.ms)
        let question = try #require(follower.step(Self.read(1, kind)).questions.first)
        #expect(question.asked == asked)
        follower.pass(milliseconds: 30)
        let proof = ReadProof.age(since: asked, atMost: 100 * Self.ms)
        #expect(follower.receive(Self.reply(question, 2), from: 2).proofs == [proof])
        follower.pass(milliseconds: 70)
        let young = follower.step(Self.read(2, kind))
        #expect(young.proofs == [proof] && young.questions.isEmpty)
        follower.pass(milliseconds: 1)
        let old = follower.step(Self.read(3, kind))
        #expect(old.readies.isEmpty && old.questions.count == 1)
    }

    @Test("A confirmation counts for reads without asking only when its index is applied (R7)")
    func ageOfWhatIsApplied() throws {
        var follower = try Self.follower()
        let kind = ReadKind.stale(atMost: 1000 * Self.ms)
        let question = try #require(follower.step(Self.read(1, kind)).questions.first)
        follower.receive(Self.reply(question, 3), from: 2)
        #expect(follower.step(Self.read(2, kind)).questions.count == 1)
        follower.receive(follower.append(2, after: TestEngine.id(2, 2), [2], commit: 3, sequence: 2), from: 2)
        follower.persist()
        #expect(follower.step(Self.read(3, kind)).readies.map(\.rawValue) == [3])
    }

    @Test("A read that the leader does not confirm says how old it would be (R7, R3)")
    func tooOld() throws {
        var follower = try Self.follower()
        let kind = ReadKind.stale(atMost: 100 * Self.ms)
        let question = try #require(follower.step(Self.read(1, kind)).questions.first)
        follower.receive(Self.reply(question, 2), from: 2)
        follower.pass(milliseconds: 120)
        follower.step(Self.read(2, kind))
        let effects = follower.receive(follower.heartbeat(3, at: TestEngine.id(1, 1)), from: 3)
        #expect(effects.readRejections == [.tooStale(age: 120 * Self.ms)])
    }

    // MARK: The leader

    @Test("A leader answers with its commit index when a round that began after the question is confirmed (R1, R7)")
    func leaderConfirms() throws {
        var leader = try LinearizableReadTests.leader()
        let question = ReadIndex(term: 2, start: 1, number: 5, asked: Instant(nanoseconds: 77))
        let effects = leader.receive(.readIndex(question), from: 3)
        #expect(effects.readIndices.isEmpty)
        let round = try #require(effects.heartbeats(to: 2).first?.round)
        #expect(leader.receive(LinearizableReadTests.confirmation(leader, round - 1)).readIndices.isEmpty)
        let replies = leader.receive(LinearizableReadTests.confirmation(leader, round)).readIndices
        #expect(
            replies == [ReadIndexReply(term: 2, start: 1, number: 5, asked: Instant(nanoseconds: 77), index: 2)])
    }

    @Test("A peer that asks anew has one question at a time, and a stranger none (R2)")
    func oneQuestionAPeer() throws {
        var leader = try LinearizableReadTests.leader()
        for number in 1...9 as ClosedRange<UInt64> {
            leader.receive(
                .readIndex(ReadIndex(term: 2, start: 1, number: number, asked: .origin)), from: number == 9 ? 8 : 3)
        }
        #expect(leader.engine.reads.unconfirmed.map(\.asker.number) == [8])
    }

    @Test("Who does not lead says so, and so does a leader that steps down (R3)")
    func noLeader() throws {
        let question = Message.readIndex(ReadIndex(term: 2, start: 1, number: 5, asked: .origin))
        var follower = try Self.follower()
        #expect(follower.receive(question, from: 3).readIndices.map(\.index) == [nil])
        var leader = try LinearizableReadTests.leader()
        leader.receive(question, from: 3)
        #expect(leader.receive(leader.heartbeat(9), from: 2).readIndices.map(\.index) == [nil])
    }

    @Test("A leader reads what is young enough by what a quorum has acknowledged, else it asks (R7)")
    func leaderAge() throws {
        var leader = try LeaseTests.leader()
        let sent = leader.now
        LeaseTests.confirm(&leader, by: 2, promise: 0)
        leader.pass(milliseconds: 20)
        let proof = ReadProof.age(since: sent, atMost: 20 * Self.ms)
        #expect(leader.step(Self.read(1, .stale(atMost: 20 * Self.ms))).proofs == [proof])
        let effects = leader.step(Self.read(2, .stale(atMost: 19 * Self.ms)))
        #expect(effects.readies.isEmpty && effects.heartbeats.count == 2)
    }
}
