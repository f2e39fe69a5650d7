import RaftMembership
import Testing

@testable import RaftCore

@Suite("What becomes of configurations is told as events")
struct MembershipWatchTests {
    private static let one = logged(1, TestEngine.membership([1, 2, 3]))

    private static func logged(_ index: UInt64, _ membership: Membership, term: Term = 1) -> LoggedMembership {
        LoggedMembership(id: LogID(term: term, index: LogIndex(index)), membership: membership)
    }

    private static func text(_ events: [MembershipEvent]) -> [String] {
        events.map { event in
            "\(event.kind)" + (event.member.map { " \($0.id)" } ?? " \(event.configuration.id)")
        }
    }

    private func adopted(_ logged: LoggedMembership) -> EngineEvent {
        .configurationAdopted(logged.id, logged.membership)
    }

    private func committed(_ logged: LoggedMembership) -> EngineEvent {
        .configurationCommitted(logged.id, logged.membership)
    }

    private func note(_ watch: inout MembershipWatch, _ events: EngineEvent...) -> [String] {
        events.flatMap { Self.text(watch.note($0, of: TestEngine.member(1))) }
    }

    @Test("A voter that joins by joint consensus: learner, joint, promoted, and the one that leaves (§6)")
    func replaced() {
        var watch = MembershipWatch([Self.one])
        #expect(Self.text(watch.present) == ["present 1@1"])
        let learner = Self.logged(5, TestEngine.membership([1, 2, 3], learners: [4]))
        let joint = Self.logged(7, TestEngine.membership([1, 2, 4], old: [1, 2, 3]))
        let new = Self.logged(8, TestEngine.membership([1, 2, 4]))
        #expect(note(&watch, adopted(learner), committed(learner)) == ["appended 5@1", "committed 5@1", "joined 4"])
        #expect(note(&watch, adopted(joint), committed(joint)) == ["appended 7@1", "committed 7@1", "promoted 4"])
        #expect(note(&watch, adopted(new), committed(new)) == ["appended 8@1", "committed 8@1", "left 3"])
        #expect(watch.align(with: [new]).isEmpty)
    }

    @Test("What is appended and truncated was nothing, and what is in effect again is told (M2)")
    func undone() {
        var watch = MembershipWatch([Self.one])
        let next = Self.logged(5, TestEngine.membership([1, 2, 3], learners: [4]))
        let other = Self.logged(5, TestEngine.membership([1, 2, 3], learners: [5]), term: 2)
        #expect(note(&watch, adopted(next)) == ["appended 5@1"])
        #expect(Self.text(watch.present) == ["present 1@1", "appended 5@1"])
        #expect(note(&watch, .truncated(after: 5, lost: 1)).isEmpty)
        #expect(note(&watch, .truncated(after: 4, lost: 1), adopted(other)) == ["undone 1@1", "appended 5@2"])
        #expect(note(&watch, committed(other)) == ["committed 5@2", "joined 5"])
    }

    @Test("A demotion, another address and another life of a disk are told by member (M8, M10)")
    func changes() throws {
        var records = TestEngine.three.members
        records[1].addresses = ["memory:22"]
        records[2].member = Member(id: 3, incarnation: 999)
        let changed = Self.logged(6, try Membership(members: records, voters: [1, 2]))
        var watch = MembershipWatch([Self.one])
        let own = TestEngine.member(1)
        let told = watch.note(adopted(changed), of: own) + watch.note(committed(changed), of: own)
        #expect(
            Self.text(told) == ["appended 6@1", "committed 6@1", "left 3", "readdressed 2", "joined 3"])
        #expect(told.first { $0.kind == .left }?.member == TestEngine.member(3))
        #expect(told.last?.member == Member(id: 3, incarnation: 999))
        let demoted = Self.logged(9, try Membership(members: records, voters: [1]))
        #expect(note(&watch, adopted(demoted), committed(demoted)).last == "demoted 2")
    }

    @Test("A configuration that came with a snapshot is committed though nobody said so (S4)")
    func snapshot() {
        let lost = Self.logged(90, TestEngine.membership([1, 2]))
        let installed = Self.logged(40, TestEngine.membership([1, 2, 4]), term: 3)
        var watch = MembershipWatch([Self.one, lost])
        let told = note(&watch, adopted(installed)) + Self.text(watch.align(with: [installed]))
        #expect(told == ["appended 40@3", "committed 40@3", "left 3", "joined 4"])
        #expect(watch.align(with: [installed]).isEmpty)
        // Nor does anybody say what a start found, or a truncation left out.
        let above = Self.logged(41, TestEngine.membership([1, 2, 4], learners: [5]), term: 3)
        #expect(Self.text(watch.align(with: [installed, above])) == ["appended 41@3"])
        #expect(Self.text(watch.align(with: [installed])) == ["undone 40@3"])
    }

    @Test("A node that was removed is told so, with the members as it knew them (M6)")
    func removed() {
        var watch = MembershipWatch([Self.one])
        let told = watch.note(.removed(by: LogID(term: 4, index: 30)), of: TestEngine.member(1))
        #expect(told.map(\.kind) == [.removed] && told[0].member == TestEngine.member(1))
        #expect(told[0].configuration == Self.logged(30, TestEngine.three, term: 4))
    }
}
