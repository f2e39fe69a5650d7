import Foundation
import RaftTracing
@testable import RaftTracingSpans
import Synchronization
import Testing
import Tracing

@Suite("Spans are sampled where a trace begins, and exported once")
struct SpanRecorderTests {
    private static let parent = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
    private static let unsampled = TraceContext(traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")

    private func source(_ exporter: any SpanExporter, oneIn: Int = 1) -> SpanSource {
        let next = Mutex<UInt64>(0)
        return SpanSource(
            SpanRecorder(
                exporter: exporter, oneIn: oneIn,
                random: {
                    next.withLock { next in
                        next &+= 0x9E37_79B9_7F4A_7C15
                        let mixed = (next ^ (next >> 30)) &* 0xBF58_476D_1CE4_E5B9
                        return (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB >> 16
                    }
                }))
    }

    @Test("A child is in its parent's trace, has an id of its own, and keeps fields, links and times")
    func child() throws {
        let memory = MemorySpanExporter()
        let spans = source(memory)
        let parent = try #require(Self.parent)
        let other = try #require(TraceContext(traceHigh: 1, traceLow: 2, span: 3, isSampled: true))
        let span = try #require(spans.start(.persist, in: parent, links: [other], at: 100, [.index(7), .count(2)]))
        #expect(span.context.traceID == parent.traceID && span.context.span != parent.span && span.context.isSampled)
        span.end(at: 350, [.term(3)])
        span.end(at: 400)
        span.fail("too late", at: 500)
        let finished = try #require(memory.spans.first)
        #expect(memory.spans.count == 1)
        #expect(finished.name == "raft.persist" && finished.role == .internal && finished.parent == parent.span)
        #expect(finished.context == span.context && finished.start == 100 && finished.end == 350)
        #expect(finished.links == [other] && finished.failure == nil)
        #expect(
            finished.fields == [TraceField("raft.count", 2), TraceField("raft.index", 7), TraceField("raft.term", 3)])
    }

    @Test("What failed says why; a clock that goes back ends a span where it began")
    func failure() throws {
        let memory = MemorySpanExporter()
        let span = try #require(source(memory).start(.vote, in: Self.parent, at: 100))
        span.fail("the disk is gone", at: 50)
        let finished = try #require(memory.spans.first)
        #expect(finished.failure == "the disk is gone" && finished.end == 100 && finished.role == .server)
    }

    @Test("The decision of whoever began the trace is kept to; others are sampled one in so many; elections always")
    func sampling() throws {
        let memory = MemorySpanExporter()
        #expect(source(memory).start(.serve, in: Self.unsampled, at: 1) == nil)
        #expect(source(memory, oneIn: 0).start(.serve, in: nil, at: 1) == nil)
        #expect(source(memory, oneIn: 0).start(.serve, in: Self.parent, at: 1) != nil)
        #expect(source(memory, oneIn: 0).start(.election, in: nil, at: 1) != nil)
        #expect(source(memory, oneIn: 0).start(.snapshot, in: nil, at: 1) != nil)
        let some = source(memory, oneIn: 4)
        let begun = (0..<400).compactMap { _ in some.start(.call, in: nil, at: 1) }
        #expect(begun.count > 20 && begun.count < 200)
        #expect(Set(begun.map(\.context.traceID)).count == begun.count)
        #expect(memory.spans.isEmpty)
    }

    @Test("A task's context is the parent, and a backend without a traceparent records nothing that others would miss")
    func tasks() async throws {
        let memory = MemorySpanExporter()
        let recorder = SpanRecorder(exporter: memory, oneIn: 1)
        let spans = SpanSource(recorder)
        #expect(spans.current == nil)
        try await recorder.withSpan("shop.order") { span in
            let current = try #require(spans.current)
            #expect(current == span.context.trace)
            spans.start(.call, in: spans.current, at: 1)?.end(at: 2)
            await Task.yield()
            #expect(spans.current == current)
        }
        let order = try #require(memory.spans.last)
        #expect(memory.spans.map(\.name) == ["raft.call", "shop.order"])
        #expect(memory.spans[0].parent == order.context.span && order.parent == nil)
        #expect(SpanSource(NoOpTracer()).start(.election, in: Self.parent, at: 1) == nil)
    }

    @Test("A tracer's spans have its cluster and node; one without a source has none")
    func tracer() throws {
        let memory = MemorySpanExporter()
        let tracer = Tracer(
            sink: MemorySink(), level: .info, fields: [.cluster("demo"), .node(3)], spans: source(memory), clock: { 77 }
        )
        #expect(tracer.hasSpans && !Tracer.silent.hasSpans)
        #expect(Tracer.silent.startSpan(.election, in: nil) == nil)
        let span = try #require(tracer.scoped(to: "core").startSpan(.election, in: nil, [.term(4)]))
        tracer.end(span)
        let finished = try #require(memory.spans.first)
        #expect(finished.start == 77 && finished.end == 77)
        #expect(
            finished.fields
                == [TraceField("raft.cluster", "demo"), TraceField("raft.node", 3), TraceField("raft.term", 4)])
    }

    @Test("Every kind of span has a name, declared fields and one sentence, and stands in the guide")
    func catalogue() throws {
        let declared = Set(TraceField.catalogue.map(\.key))
        for name in SpanName.all {
            #expect(name.name.hasPrefix("raft.") && name.prose.hasSuffix("."))
            #expect(declared.isSuperset(of: name.fields.split(separator: " ").map(String.init)), "\(name.name)")
        }
        #expect(Set(SpanName.all.map(\.name)).count == SpanName.all.count)
        let root = String(#filePath.dropLast("Tests/RaftTracingTests/SpanRecorderTests.swift".count))
        let source = try String(contentsOfFile: root + "Sources/RaftTracing/Spans/SpanName.swift", encoding: .utf8)
        #expect(source.matches(of: /public static let \w+ = SpanName\(/).count == SpanName.all.count)
        let guide = try String(contentsOfFile: root + "Sources/RaftNode/Documentation.docc/Tracing.md", encoding: .utf8)
        #expect(guide.contains(SpanName.markdown), "copy the output of raftd spans into Tracing.md")
    }
}
