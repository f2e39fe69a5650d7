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
