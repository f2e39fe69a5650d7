@testable import RaftCore
import RaftMembership
import Testing

/// Bugs that random runs found, as the shortest story that shows each.
@Suite("Bugs that must not come back")
struct RegressionTests {
    @Test("An initiator whose first entry is not durable yet asks for no votes and spreads no identity (M9)")
    func noCampaignBeforeFormationIsDurable() throws {
        var engine = try TestEngine(pristine: 1)
        engine.step(.bootstrapRequested([1, 2].map { FormationMember(id: $0, addresses: ["memory:\($0)"]) }))
        let query = FormationQuery(nonce: engine.engine.formation?.nonce ?? 0)
        engine.receive(.formationAnswer(FormationAnswer(nonce: query.nonce, cluster: nil)), from: 2)
        #expect(engine.writes.count == 1)
        for _ in 0..<5 { #expect(engine.deadline().adoptions.isEmpty) }
        engine.persist()
        #expect(!engine.deadline().adoptions.isEmpty)
    }

    @Test("A heartbeat of an earlier term that arrives late makes nobody suspect (L3, P3)")
    func lateHeartbeatOfAnEarlierTerm() throws {
        // The leader's own old heartbeat, answered in the term that it leads by now.
        var follower = try TestEngine(2, log: [1, 1], term: 5)
        let replies = follower.receive(follower.heartbeat(4, at: TestEngine.id(3, 1), stream: 1), from: 1)
        var leader = try TestEngine(1, log: [1, 1], term: 4)
        leader.lead()
        #expect(leader.engine.term == 5)
        for reply in replies.messages { leader.receive(reply, from: 2) }
        #expect(!leader.progress(of: 2).isSuspect)
    }

    @Test("The higher term in a reply of a stranger, or of an earlier life of a member, moves nobody (V9, M7)")
    func repliesOfStrangers() throws {
        var leader = try TestEngine(1, log: [1, 1])
        leader.lead()
        let term = leader.engine.term
        let reply = Message.appendReply(
            AppendReply(term: Term(term.rawValue + 7), stream: 0, sequence: 0, outcome: .matched(0)))
        for from in [Member(id: 9, incarnation: 1), Member(id: 2, incarnation: 101)] {
            var effects = Effects()
            leader.engine.step(
                .received(Envelope(group: .first, from: from, to: leader.engine.member, message: reply)),
                at: leader.now, into: &effects)
            #expect(leader.engine.term == term && leader.engine.role == .leader)
        }
        leader.receive(reply, from: 2)
        #expect(leader.engine.term > term && leader.engine.role == .follower)
    }

    @Test("An entry of a later term than its request is left alone, and fences nobody")
    func entryOfALaterTerm() throws {
        var follower = try TestEngine(2, log: [1], term: 3)
        var builder = EntryBatchBuilder(firstIndex: 3)
        TestEngine.append(9, to: &builder)
        follower.receive(
            .appendEntries(
                AppendEntries(
                    term: 3, stream: 1, sequence: 1, previous: TestEngine.id(1, 2), leaderCommit: 0,
                    entries: builder.finish())), from: 1)
        #expect(!follower.engine.isFenced && follower.engine.log.last.index == 2)
    }

    @Test("A probe of an earlier term that arrives late resets nothing (P3)")
    func lateAppendOfAnEarlierTerm() throws {
        var follower = try TestEngine(2, log: [1, 1], term: 5)
        let replies = follower.receive(follower.append(4, after: TestEngine.id(3, 1), stream: 1), from: 1)
        var leader = try TestEngine(1, log: [1, 1], term: 4)
        leader.lead()
        let before = leader.progress(of: 2)
        for reply in replies.messages { leader.receive(reply, from: 2) }
        #expect(leader.progress(of: 2).nextIndex == before.nextIndex)
        #expect(leader.progress(of: 2).stream == before.stream)
    }
}
