import RaftCore
import RaftTracing
import RaftTracingSpans
import Testing
import Tracing

@testable import RaftClient

@Suite("A client tells nodes what its calls are part of", .timeLimit(.minutes(1)))
struct ClientSpanTests {
    private static let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private func tracer(_ exporter: MemorySpanExporter, oneIn: Int) -> RaftTracing.Tracer {
        Tracer(
            sink: MemorySink(), level: .critical,
            spans: SpanSource(SpanRecorder(exporter: exporter, oneIn: oneIn)))
    }

    @Test("A call is a span within the task's, and the node gets that span")
    func sampled() async throws {
        let memory = MemorySpanExporter()
        let node = try await FakeNode.start { _, before in before == 0 ? .ok() : .error(.refused) }
        let client = RaftClient(
            endpoints: [node.address], timeout: .seconds(10), tracer: tracer(memory, oneIn: 0))
        let parent = try #require(TraceContext(traceparent: Self.text))
        var context = ServiceContext.topLevel
        context.trace = parent
        try await ServiceContext.withValue(context) {
            _ = try await client.propose([1])
            await #expect(throws: RaftClientError.self) { try await client.propose([2]) }
        }
        await client.close()
        let spans = memory.spans
        #expect(spans.map(\.name) == ["raft.call", "raft.call"] && spans.map { $0.failure == nil } == [true, false])
        #expect(spans.allSatisfy { $0.parent == parent.span && $0.context.traceID == parent.traceID })
        #expect(node.requests.map(\.trace) == spans.map(\.context))
    }

    @Test("A call that is not sampled says so, and one of a client without spans says what it was given")
    func unsampled() async throws {
        let memory = MemorySpanExporter()
        let node = try await FakeNode.start { _, _ in .ok() }
        let silent = RaftClient(endpoints: [node.address], timeout: .seconds(10), tracer: tracer(memory, oneIn: 0))
        _ = try await silent.propose([1])
        var options = RaftClientOptions()
        options.trace = TraceContext(traceparent: Self.text)
        let given = RaftClient(endpoints: [node.address], options: options)
        _ = try await given.propose([2])
        let none = RaftClient(endpoints: [node.address], timeout: .seconds(10))
        _ = try await none.propose([3])
        for client in [silent, given, none] { await client.close() }
        #expect(memory.spans.isEmpty)
        #expect(node.requests.map(\.trace) == [.unsampled, options.trace, nil])
    }
}
