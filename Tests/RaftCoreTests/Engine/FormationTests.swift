@testable import RaftCore
import RaftMembership
import Testing

/// Rule M9: how a cluster comes to be, and when it does not.
@Suite("Forming a cluster")
struct FormationTests {
    static func members(_ ids: [UInt64]) -> [FormationMember] {
        ids.map { FormationMember(id: NodeID($0), addresses: ["memory:\($0)"]) }
    }

    static func answer(_ engine: TestEngine, _ cluster: ClusterID? = nil) -> Message {
        .formationAnswer(FormationAnswer(nonce: engine.engine.formation?.nonce ?? 0, cluster: cluster))
    }

    @Test("The first entry is written only after every named member has said that it is pristine (M9)")
    func waitsForAll() throws {
        var engine = try TestEngine(pristine: 1)
        engine.step(.bootstrapRequested(Self.members([1, 2, 3])))
        engine.receive(Self.answer(engine), from: 2)
        engine.receive(Self.answer(engine), from: 2)
        #expect(engine.writes.isEmpty && engine.engine.hard.cluster == nil)
        let effects = engine.receive(Self.answer(engine), from: 3)
        #expect(effects.writes.map(\.entries.count) == [1] && effects.formations.isEmpty)
        let done = engine.persist()
        #expect(done.formations == [.formed(try #require(engine.engine.hard.cluster))])
        #expect(engine.engine.membership.members.map(\.member) == [1, 2, 3].map(TestEngine.member))
    }

    @Test("Two of three servers that come back empty form no second cluster, and the reason names the third (M9)")
    func emptyVolumes() throws {
        var engine = try TestEngine(pristine: 1)
        engine.step(.bootstrapRequested(Self.members([1, 2, 3])))
        engine.receive(Self.answer(engine), from: 2)
        let old = try TestEngine(3)
        let effects = engine.receive(Self.answer(engine, old.engine.hard.cluster), from: 3)
        guard case .refused(let reason)? = effects.formations.last else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("node 3 at memory:3 has history in cluster \(TestEngine.cluster)"))
        #expect(engine.writes.isEmpty && engine.engine.membership.isEmpty && engine.engine.hard.cluster == nil)
    }

    @Test("A server answers for itself: pristine, or the cluster that it belongs to (M9)")
    func answers() throws {
        var pristine = try TestEngine(pristine: 2)
        var member = try TestEngine(3)
        for (cluster, effects) in [
            (nil, pristine.receive(.formationQuery(FormationQuery(nonce: 4)), from: 1)),
            (TestEngine.cluster, member.receive(.formationQuery(FormationQuery(nonce: 4)), from: 1)),
        ] {
            #expect(effects.messages == [.formationAnswer(FormationAnswer(nonce: 4, cluster: cluster))])
        }
    }

    @Test("A member that does not answer is waited for, asked again, and named (M9)")
    func unreachableMember() throws {
        var engine = try TestEngine(pristine: 1)
        engine.step(.bootstrapRequested(Self.members([1, 2, 3])))
        engine.receive(Self.answer(engine), from: 2)
        var effects: [Effect] = []
        for _ in 0..<20 { effects += engine.deadline() }
        #expect(effects.formations == [.waiting(for: [3])])
        #expect(effects.sent.allSatisfy { $0.to == Member(id: 3, incarnation: .unknown) } && effects.sent.count > 3)
        #expect(engine.writes.isEmpty)
    }

    @Test("Only the lowest id named acts; the others wait for its entry (M9)")
    func othersWait() throws {
        var second = try TestEngine(pristine: 2)
        var effects = second.step(.bootstrapRequested(Self.members([1, 2, 3])))
        for _ in 0..<20 { effects += second.deadline() }
        // They ask, so as to find out when they wait in vain; they write nothing.
        #expect(second.writes.isEmpty)
        second.receive(.adopt(Adopt(cluster: TestEngine.cluster)), from: 1)
        second.persist()
        let entry = TestEngine.log([])
        effects = second.receive(
            .appendEntries(
                AppendEntries(
                    term: 1, stream: 1, sequence: 1, previous: .zero, leaderCommit: 0, entries: entry)), from: 1)
        #expect(effects.formations == [.formed(TestEngine.cluster)])
    }

    @Test("A member that waits while the others have a past says so, and forms nothing (M9, M10)")
    func waitsInVain() throws {
        var third = try TestEngine(pristine: 3)
        third.step(.bootstrapRequested(Self.members([1, 2, 3])))
        var effects: [Effect] = []
        for _ in 0..<10 {
            effects += third.deadline()
            guard let nonce = third.engine.formation?.nonce else { break }
            for id: UInt64 in [1, 2] {
                effects += third.receive(
                    .formationAnswer(FormationAnswer(nonce: nonce, cluster: TestEngine.cluster)), from: id)
            }
        }
        guard case .refused(let reason) = effects.formations.last else {
            Issue.record("nothing was said: \(effects.formations)")
            return
        }
        #expect(reason.contains("\(TestEngine.cluster)"))
        #expect(third.writes.isEmpty && third.engine.hard.cluster == nil)
    }

    @Test("An answer to another call, or of a server not named, counts for nothing (M9)")
    func foreignAnswers() throws {
        var engine = try TestEngine(pristine: 1)
        engine.step(.bootstrapRequested(Self.members([1, 2])))
        engine.receive(.formationAnswer(FormationAnswer(nonce: 1, cluster: nil)), from: 2)
        engine.receive(Self.answer(engine), from: 3)
        #expect(engine.writes.isEmpty)
    }

    @Test("A server with history adopts nothing, a pristine one only under its very incarnation (M9, M10)")
    func adoption() throws {
        let other = ClusterID(high: 1, low: 1)
        var member = try TestEngine()
        member.receive(.adopt(Adopt(cluster: other)))
        #expect(member.engine.hard.cluster == TestEngine.cluster && member.writes.isEmpty)
        var pristine = try TestEngine(pristine: 1)
        for incarnation: Incarnation in [.unknown, 5] {
            pristine.step(
                .received(
                    Envelope(
                        group: .first, from: TestEngine.member(2), to: Member(id: 1, incarnation: incarnation),
                        message: .adopt(Adopt(cluster: other)))))
        }
        #expect(pristine.engine.hard.cluster == nil)
        pristine.receive(.adopt(Adopt(cluster: other)))
        #expect(pristine.engine.hard.cluster == other && pristine.writes.count == 1)
    }

    @Test("A server without a cluster takes part in nothing but formation (M9)")
    func nothingBeforeFormation() throws {
        var pristine = try TestEngine(pristine: 1)
        for message in [VotingTests.request(5), pristine.append(5, after: .zero, [5]), pristine.heartbeat(5)] {
            #expect(pristine.receive(message).isEmpty)
        }
        #expect(pristine.engine.term == 0)
    }

    @Test("A call without this node, with nobody, or with an id twice is refused (M5, M9)")
    func impossibleMembers() throws {
        for ids: [UInt64] in [[2, 3], [], [1, 1], [0, 1]] {
            var engine = try TestEngine(pristine: 1)
            let effects = engine.step(.bootstrapRequested(Self.members(ids)))
            guard case .refusedCall? = effects.formations.last else {
                Issue.record("not refused: \(ids)")
                continue
            }
            #expect(engine.writes.isEmpty)
        }
    }

    @Test("A call on a formed cluster succeeds for its members and names them for others (M9)")
    func repeatedCall() throws {
        var engine = try TestEngine()
        #expect(
            engine.step(.bootstrapRequested(Self.members([1, 2, 3]))).formations == [.formed(TestEngine.cluster)])
        let formations = engine.step(.bootstrapRequested(Self.members([1, 2]))).formations
        guard case .refusedCall(let reason)? = formations.last else {
            Issue.record("not refused")
            return
        }
        #expect(reason.contains("with members 1, 2, 3"))
    }
}
