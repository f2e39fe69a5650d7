import RaftMembership
import RaftMemory
import Testing

@testable import RaftCore

/// Rule M10 in the driver: the mark's second, and what peers are told and tell.
@Suite("Driver and amnesia")
struct DriverMarkTests {
    @Test("Entries are in the mark a second after they were written, not before (M10)", arguments: [false, true])
    func refresh(_ commitsInstantly: Bool) throws {
        let history = MarkHistory()
        let bench = try DriverBench(commitsInstantly: commitsInstantly, marks: history)
        bench.lead()
        bench.propose(1, 2)
        bench.settle()
        let written = bench.environment.now()
        let before = try MarkedStorageTests.mark(history.last)
        #expect(before?.term == bench.engine.term && before.map { $0.last < bench.engine.log.last } == true)
        while try MarkedStorageTests.mark(history.last) == before, bench.environment.now() - written < 3_000_000_000 {
            bench.ring()
            bench.settle()
        }
        #expect(try MarkedStorageTests.mark(history.last)?.last == bench.engine.log.last)
        #expect(bench.environment.now() - written <= 1_000_000_000)
        // Nothing changes, nothing is written.
        let steps = history.images.count
        for _ in 0..<40 {
            bench.ring()
            bench.settle()
        }
        #expect(history.images.count == steps)
    }

    @Test("A mark that cannot be written stops the node, like any write (M10, D2)")
    func failedRefresh() throws {
        let history = MarkHistory()
        let bench = try DriverBench(marks: history)
        bench.lead()
        bench.propose(1)
        bench.settle()
        history.failMarks(StorageError(.io, "the disk of the mark is gone"))
        for _ in 0..<60 where !bench.engine.isFenced {
            bench.ring()
            bench.settle()
        }
        #expect(bench.failures.errors.first?.message.contains("the disk of the mark is gone") == true)
    }

    @Test("A stopped node writes no mark any more (M10)")
    func stopped() throws {
        let history = MarkHistory()
        let bench = try DriverBench(marks: history)
        bench.lead()
        bench.propose(1)
        bench.settle()
        #expect(bench.stop())
        #expect(try MarkedStorageTests.mark(history.last)?.last == bench.engine.log.last)
        let steps = history.images.count
        for _ in 0..<40 {
            bench.ring()
            bench.settle()
        }
        #expect(history.images.count == steps)
    }

    @Test("Peers are told a term when it is durable, not before (M10)")
    func durableTerm() throws {
        let bench = try DriverBench(TestEngine.three, marks: MarkHistory())
        let before = bench.driver.life
        #expect(before.startCounter == 1 && before.nonce == 7 && before.term == 1)
        bench.receive(.heartbeat(Heartbeat(term: 5, stream: 1, previous: .zero, leaderCommit: 0, round: 1)), from: 3)
        bench.environment.driver.run()
        #expect(bench.engine.term == 5 && bench.driver.life.term == 1)
        bench.settle()
        #expect(bench.driver.life.term == 5)
    }

    @Test("A node that a peer saw further on fences itself, says why, and ends its calls (M10)")
    func told() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.lead()
        bench.propose(1)
        bench.settle()
        bench.driver.refusedAsAmnesiac(by: 2, "node 1 shows start 4 in term 2, and start 6 was seen before")
        bench.settle()
        let error = try #require(bench.failures.errors.first)
        #expect(error.code == .amnesiac && error.outcome == .unknown && !error.message.contains("\n"))
        #expect(error.message.contains("start 6 was seen before") && error.message.contains("takes no part"))
        #expect(bench.engine.isFenced && bench.proposals.errors.map(\.outcome) == [.unknown])
        _ = bench.transport.take()
        bench.receive(.heartbeat(Heartbeat(term: 9, stream: 1, previous: .zero, leaderCommit: 0, round: 1)), from: 3)
        bench.settle()
        #expect(bench.transport.take().isEmpty)
    }

    @Test(
        "The life that a disowned node begins is of what is on its disk, and not of what was on its way there (M10, C6, D3)",
        arguments: [false, true])
    func disowned(commitsInstantly: Bool) throws {
        let bench = try DriverBench(TestEngine.three, commitsInstantly: commitsInstantly)
        func append(_ index: LogIndex, after previous: LogID, commit: LogIndex) {
            var builder = EntryBatchBuilder(firstIndex: index)
            builder.append(.command, term: 2, payload: [1])
            bench.receive(
                .appendEntries(
                    AppendEntries(
                        term: 2, stream: 1, sequence: index.rawValue, previous: previous, leaderCommit: commit,
                        entries: builder.finish())))
        }
        append(2, after: LogID(term: 1, index: 1), commit: 2)
        append(3, after: LogID(term: 2, index: 2), commit: 3)
        bench.driver.refusedAsAmnesiac(by: 3, "older")
        bench.settle()
        #expect(bench.failures.errors.first?.code == .amnesiac && bench.engine.hard.commitHint == 2)
        let found = try bench.storage.recover(.first)
        let hard = try #require(found.hardState)
        #expect(hard.member.incarnation > TestEngine.member(1).incarnation && hard.votedFor == nil)
        // Else its own start takes the log for one that was cut.
        #expect(hard.commitHint <= found.terms.last.index && hard.term <= max(1, found.terms.last.term))
    }
}

/// Rule M10, the peers' half.
@Suite("What a node remembers of others' lives")
struct LifeMemoryTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var seen: [NodeLife]
        var shown: NodeLife
        var says: String?
    }

    static func life(_ start: UInt64, _ nonce: UInt64, _ term: Term) -> NodeLife {
        NodeLife(startCounter: start, nonce: nonce, term: term)
    }

    static let cases: [Case] = [
        Case(testDescription: "first seen", seen: [], shown: life(3, 1, 4)),
        Case(testDescription: "the same again", seen: [life(3, 1, 4)], shown: life(3, 1, 4)),
        Case(testDescription: "the same, later", seen: [life(3, 1, 4)], shown: life(3, 1, 5)),
        Case(testDescription: "the same, overtaken on its way", seen: [life(3, 1, 5)], shown: life(3, 1, 4)),
        Case(testDescription: "started again", seen: [life(3, 1, 4)], shown: life(4, 2, 4)),
        Case(testDescription: "started often", seen: [life(3, 1, 4)], shown: life(9, 2, 6)),
        Case(
            testDescription: "an earlier start", seen: [life(3, 1, 4), life(4, 2, 4)], shown: life(3, 3, 4),
            says: "start 4 was seen before"),
        Case(
            testDescription: "an earlier start in a later term", seen: [life(4, 2, 4)], shown: life(2, 3, 9),
            says: "start 4 was seen before"),
        Case(
            testDescription: "the same start of another run", seen: [life(4, 2, 4)], shown: life(4, 3, 9),
            says: "another run had that number"),
        Case(
            testDescription: "a later start in an earlier term", seen: [life(4, 2, 4), life(4, 2, 7)],
            shown: life(5, 3, 6), says: "term 7 was seen before"),
        Case(testDescription: "who does not tell", seen: [life(4, 2, 4)], shown: .unknown),
    ]

    @Test("A later life is believed, an earlier one or a second is not (M10)", arguments: cases)
    func objection(_ example: Case) {
        let memory = LifeMemory(own: .unknown)
        let member = TestEngine.member(2)
        for life in example.seen { #expect(memory.objection(to: member, life) == nil) }
        let objection = memory.objection(to: member, example.shown)
        #expect((objection != nil) == (example.says != nil))
        if let says = example.says {
            #expect(objection?.contains(says) == true && objection?.contains("node 2") == true)
        }
        // Another life of the disk is another member.
        #expect(memory.objection(to: Member(id: 2, incarnation: 999), example.shown) == nil)
    }
}
