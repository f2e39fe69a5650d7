@testable import RaftCore
import RaftMembership
import Testing

/// Rules R1–R3 (§8, D§6.4).
@Suite("Linearizable reads")
struct LinearizableReadTests {
    static func read(_ number: UInt64) -> Input { .readRequested(ReadID(rawValue: number)) }

    /// A leader whose no-op is committed, and whose first round of heartbeats is confirmed.
    static func leader(_ membership: Membership = TestEngine.three) throws -> TestEngine {
        var leader = try TestEngine(1, membership)
        leader.lead()
        if membership.voters.count > 1 {
            leader.receive(leader.matched(2, by: 2), from: 2)
            leader.receive(confirmation(leader, 1))
        }
        return leader
    }

    static func confirmation(_ leader: TestEngine, _ round: UInt64, by peer: UInt64 = 2) -> Message {
        .heartbeatReply(
            HeartbeatReply(
                term: leader.engine.term, stream: leader.progress(of: peer).stream, round: round, hasMatch: true,
                accepted: 2, matched: 2))
    }

    @Test("A read is answered after a quorum confirmed a round that began after it (R1)")
    func readIndex() throws {
        var leader = try Self.leader()
        let round = try #require(leader.step(Self.read(1)).heartbeats(to: 2).first?.round)
        #expect(leader.receive(Self.confirmation(leader, round - 1)).readies.isEmpty)
        #expect(leader.receive(Self.confirmation(leader, round)).readies == [ReadID(rawValue: 1)])
    }

    @Test("A read waits until what was committed when it arrived is applied (R1)")
    func readWaitsForApply() throws {
        var leader = try Self.leader(TestEngine.three)
        leader.receive(leader.matched(2, by: 3), from: 3)
        leader.step(.proposed([[1]]))
        leader.receive(leader.matched(3, by: 2), from: 2)
        leader.receive(leader.matched(3, by: 3), from: 3)
        #expect(leader.engine.commitIndex == 3 && leader.engine.applySubmitted == 2)
        let round = try #require(leader.step(Self.read(1)).heartbeats(to: 2).first?.round)
        #expect(leader.receive(Self.confirmation(leader, round)).readies.isEmpty)
        let effects = leader.persist()
        #expect(effects.applies == [3] && effects.readies == [ReadID(rawValue: 1)])
    }

    @Test("Every round has a number of its own, and a late answer confirms no later read (R2)")
    func freshRounds() throws {
        var leader = try Self.leader()
        var rounds: [UInt64] = []
        for number in 1...5 as ClosedRange<UInt64> {
            let effects = leader.step(Self.read(number))
            rounds += effects.heartbeats(to: 2).map(\.round)
            guard let last = rounds.last else { continue }
            #expect(leader.receive(Self.confirmation(leader, last)).readies.last == ReadID(rawValue: number))
            #expect(leader.receive(Self.confirmation(leader, last)).readies.isEmpty)
        }
        #expect(Set(rounds).count == rounds.count && rounds == rounds.sorted())
    }

    @Test("A read that arrives during a round waits for the next one, which then begins at once (R1, R2)")
    func readDuringRound() throws {
        var leader = try Self.leader()
        let first = try #require(leader.step(Self.read(1)).heartbeats(to: 2).first?.round)
        #expect(leader.step(Self.read(2)).heartbeats.isEmpty)
        let effects = leader.receive(Self.confirmation(leader, first))
        #expect(effects.readies == [ReadID(rawValue: 1)])
        let second = try #require(effects.heartbeats(to: 2).first?.round)
        #expect(leader.receive(Self.confirmation(leader, second)).readies == [ReadID(rawValue: 2)])
    }

    @Test("An answer of a suspect peer or of another term confirms nothing (R1)")
    func wrongConfirmations() throws {
        var leader = try Self.leader()
        let round = try #require(leader.step(Self.read(1)).heartbeats(to: 2).first?.round)
        guard case .heartbeatReply(var reply) = Self.confirmation(leader, round) else { return }
        reply.term = 1
        #expect(leader.receive(.heartbeatReply(reply)).readies.isEmpty)
        reply.term = 2
        reply.hasMatch = false
        #expect(leader.receive(.heartbeatReply(reply)).readies.isEmpty)
        #expect(leader.receive(Self.confirmation(leader, round)).readies.isEmpty)
    }

    @Test("A single voter confirms alone (R3)")
    func singleVoter() throws {
        var leader = try Self.leader(TestEngine.membership([1]))
        #expect(leader.engine.role == .leader)
        #expect(leader.step(Self.read(1)).readies == [ReadID(rawValue: 1)])
    }

    @Test("Reads of every stage end when leadership is lost (R3)", arguments: [true, false])
    func leaderChange(_ isByTerm: Bool) throws {
        var leader = try Self.leader()
        leader.receive(leader.matched(2, by: 3), from: 3)
        leader.step(.proposed([[1]]))
        leader.receive(leader.matched(3, by: 2), from: 2)
        leader.receive(leader.matched(3, by: 3), from: 3)
        let round = try #require(leader.step(Self.read(1)).heartbeats(to: 2).first?.round)
        leader.receive(Self.confirmation(leader, round))
        leader.step(Self.read(2))
        leader.step(Self.read(3))
        var failed: [ReadID] = []
        if isByTerm {
            failed = leader.receive(leader.heartbeat(9), from: 3).failedReads
        } else {
            for _ in 0..<20 where leader.engine.role == .leader { failed += leader.deadline().failedReads }
        }
        #expect(Set(failed.map(\.rawValue)) == [1, 2, 3] && failed.count == 3)
    }

    @Test("Reads held for the first commit of the term end too (R3, C8)")
    func heldReads() throws {
        var leader = try TestEngine()
        leader.lead()
        leader.step(Self.read(1))
        #expect(leader.receive(leader.heartbeat(9), from: 3).failedReads.map(\.rawValue) == [1])
    }

    @Test("A follower, a learner, a pristine and a fenced server refuse at once (R3)")
    func refusals() throws {
        var follower = try TestEngine()
        var learner = try TestEngine(4, TestEngine.membership([1, 2], learners: [4]))
        var pristine = try TestEngine(pristine: 1)
        var fenced = try Self.leader()
        fenced.step(Self.read(5))
        #expect(fenced.step(.futureMessage(2, "")).failedReads.map(\.rawValue) == [5])
        #expect(follower.step(Self.read(1)).failedReads.count == 1)
        #expect(learner.step(Self.read(1)).failedReads.count == 1)
        #expect(pristine.step(Self.read(1)).failedReads.count == 1)
        #expect(fenced.step(Self.read(1)).failedReads.count == 1)
    }
}
