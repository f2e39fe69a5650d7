import RaftMembership
import RaftTracing
import RaftTracingSpans
import Testing

@testable import RaftCore

/// A driver whose disk and peers do what the test says.
@Suite("A span ends with what it is of")
struct DriverSpanTests {
    private let memory = MemorySpanExporter()
    private let bench: DriverBench

    init() throws {
        let recorder = SpanRecorder(exporter: memory, oneIn: 0)
        bench = try DriverBench(
            TestEngine.three, tracer: Tracer(sink: MemorySink(), level: .critical, spans: SpanSource(recorder)))
    }

    private func trace(_ number: UInt64) -> TraceContext {
        TraceContext(traceHigh: 1, traceLow: number, span: 5, isSampled: true) ?? .unsampled
    }

    private func spans(_ number: UInt64, _ name: SpanName) -> [FinishedSpan] {
        memory.spans.filter { $0.context.traceLow == number && $0.name == name.name }
    }

    private func append(_ terms: Term..., after previous: LogID, commit: LogIndex = .zero) -> Message {
        var builder = EntryBatchBuilder(firstIndex: previous.index.next)
        for term in terms { TestEngine.append(term, to: &builder) }
        return .appendEntries(
            AppendEntries(
                term: terms.last ?? .zero, stream: 1, sequence: 1, previous: previous, leaderCommit: commit,
                entries: builder.finish()))
    }

    private func propose(_ number: UInt64) {
        let proposal = IndexedProposal<Int>(payload: [1], trace: trace(number)) { _ in }
        bench.driver.wake(bench.driver.mailbox.post(proposal: proposal))
    }

    @Test("Entries that take the place of others end the spans of those, and have their own (L2)")
    func replaced() {
        let first = bench.engine.log.last
        bench.receive(append(2, 2, after: first), from: 2, trace: trace(1))
        bench.environment.driver.run()
        #expect(memory.spans.isEmpty)
        bench.receive(append(3, after: first, commit: first.index.next), from: 3, trace: trace(2))
        bench.settle()
        #expect(spans(1, .persist).map { $0.failure != nil } == [true])
        #expect(spans(2, .persist).map(\.failure) == [nil] && spans(2, .apply).map(\.failure) == [nil])
        #expect(spans(1, .apply).isEmpty)
    }

    @Test("What does not follow from the log is not begun, and neither is what an old leader sends")
    func refused() {
        let first = bench.engine.log.last
        bench.receive(append(2, after: LogID(term: 1, index: first.index + 7)), from: 2, trace: trace(1))
        bench.receive(append(5, after: first), from: 3, trace: trace(2))
        bench.receive(append(4, after: first), from: 2, trace: trace(3))
        bench.settle()
        #expect(spans(1, .persist).isEmpty && spans(3, .persist).isEmpty)
        #expect(spans(2, .persist).map(\.failure) == [nil])
    }

    @Test("A former leader's calls that are given up leave its successor's entries alone (W2)")
    func givenUp() {
        bench.lead()
        propose(1)
        bench.settle()
        let last = bench.engine.log.last
        // The successor has the entry, and sends another one, which the disk has not got yet.
        bench.receive(append(9, after: last), from: 3, trace: trace(2))
        bench.environment.driver.run()
        #expect(bench.engine.role == .follower && spans(2, .persist).isEmpty)
        bench.driver.abandon(after: .zero)
        #expect(spans(2, .persist).isEmpty && spans(1, .commit).isEmpty)
        bench.settle()
        #expect(spans(2, .persist).map(\.failure) == [nil])
        #expect(spans(1, .replicate).allSatisfy { $0.failure != nil })
    }

    @Test("An answer ends the messages that it covers; those to a peer that is gone end with the connection")
    func peers() {
        bench.lead()
        propose(1)
        bench.settle()
        #expect(spans(1, .persist).count == 1 && spans(1, .replicate).isEmpty)
        bench.acknowledge()
        #expect(spans(1, .replicate).map(\.failure) == [nil])
        #expect(spans(1, .commit).map(\.failure) == [nil] && spans(1, .apply).map(\.failure) == [nil])
        propose(2)
        bench.settle()
        #expect(spans(2, .replicate).isEmpty)
        bench.driver.disconnected(2)
        bench.settle()
        #expect(spans(2, .replicate).map(\.failure) == ["the connection is gone"] && spans(2, .commit).isEmpty)
    }

    @Test("A node that stops ends every span, also of what comes in its last turn")
    func stopped() {
        bench.lead()
        propose(1)
        bench.settle()
        bench.driver.requestStop {}
        bench.receive(append(9, after: bench.engine.log.last), from: 3, trace: trace(2))
        bench.settle()
        #expect(spans(1, .commit).map { $0.failure != nil } == [true])
        #expect(spans(2, .persist).allSatisfy { $0.failure != nil })
    }
}
