import RaftTracing
import Synchronization
import Testing

@Suite("A tracer records at its level and above, with its context")
struct TracerTests {
    private let sink = MemorySink(capacity: 100)

    @Test("Each event function records at its own level, with place and time")
    func levels() {
        let tracer = Tracer(sink: sink, level: .trace, clock: { 42 })
        let line: UInt = #line + 1
        tracer.trace(.sample(.trace), "1", [.term(3)])
        tracer.debug(.sample(.debug), "2")
        tracer.info(.sample(.info), "3")
        tracer.notice(.sample(.notice), "4")
        tracer.warning(.sample(.warning), "5")
        tracer.error(.sample(.error), "6")
        tracer.critical(.sample(.critical), "7")
        #expect(sink.events.map(\.level) == TraceLevel.allCases)
        #expect(sink.events.map(\.message) == ["1", "2", "3", "4", "5", "6", "7"])
        #expect(sink.events.map(\.line) == Array(line..<line + 7))
        #expect(sink.events.allSatisfy { $0.file == "RaftTracingTests/TracerTests.swift" && $0.function == "levels()" })
        #expect(sink.events.allSatisfy { $0.time == 42 && $0.kind == .sample($0.level) })
        #expect(sink.events[0].fields == [.term(3)])
    }

    @Test("Below the level neither message nor fields are made", arguments: TraceLevel.allCases)
    func filtered(level: TraceLevel) {
        let tracer = Tracer(sink: sink, level: level)
        var made = 0
        func message() -> String {
            made += 1
            return ""
        }
        func fields() -> InlineArray<1, TraceField> {
            made += 1
            return [.term(1)]
        }
        for each in TraceLevel.allCases {
            let kind = EventKind.sample(each)
            switch each {
            case .trace: tracer.trace(kind, message(), fields())
            case .debug: tracer.debug(kind, message(), fields())
            case .info: tracer.info(kind, message(), fields())
            case .notice: tracer.notice(kind, message(), fields())
            case .warning: tracer.warning(kind, message(), fields())
            case .error: tracer.error(kind, message(), fields())
            case .critical: tracer.critical(kind, message(), fields())
            }
        }
        let expected = TraceLevel.allCases.filter { $0 >= level }
        #expect(sink.events.map(\.level) == expected)
        #expect(made == 2 * expected.count)
        #expect(TraceLevel.allCases.filter(tracer.isEnabled) == expected)
    }

    @Test("A changed level holds for every tracer made from the same one")
    func changedLevel() {
        let tracer = Tracer(sink: sink, level: .info)
        let child = tracer.with(.group(7))
        child.debug(.sample(.debug), "not yet")
        tracer.setLevel(.debug)
        child.debug(.sample(.debug), "now")
        child.setLevel(.error)
        tracer.warning(.sample(.warning), "no more")
        #expect(sink.events.map(\.message) == ["now"])
        #expect(tracer.level == .error)
    }

    @Test("Context comes first, and a later field replaces one of its key")
    func context() {
        let tracer = Tracer(sink: sink, level: .info, fields: [.cluster("demo"), .node(1), .term(1)])
        tracer.with(.group(2), .term(2)).info(.sample(.info), "a", [.term(3), .index(9), .index(10)])
        tracer.info(.sample(.info), "b")
        #expect(sink.events[0].fields == [.cluster("demo"), .node(1), .group(2), .term(3), .index(10)])
        #expect(sink.events[1].fields == [.cluster("demo"), .node(1), .term(1)])
    }

    @Test("The silent tracer records nothing, whatever level it is given")
    func silent() {
        Tracer.silent.setLevel(.trace)
        #expect(!Tracer.silent.isEnabled(.critical))
        #expect(Tracer.silent.level == nil)
        Tracer.silent.with(.node(1)).critical(
            .nodeFenced,
            { () -> String in
                Issue.record("the message was made")
                return ""
            }())
    }

    @Test("Every event reaches every sink of a fan-out, and flushing reaches them too")
    func fanOut() {
        let other = FlushCounter()
        let tracer = Tracer(sink: FanOutSink([sink, other]), level: .info)
        tracer.notice(.nodeStarted, "up")
        tracer.flush()
        #expect(sink.events.count == 1)
        #expect(other.counts.withLock { $0 } == [1, 1])
    }
}

@Suite("The memory sink keeps the latest events")
struct MemorySinkTests {
    @Test("A full ring lets the oldest go", arguments: [1, 3, 8])
    func ring(capacity: Int) {
        let sink = MemorySink(capacity: capacity)
        let tracer = Tracer(sink: sink, level: .info)
        for number in 0..<20 {
            tracer.info(number % 2 == 0 ? .voteGranted : .leaderLost, String(number))
            #expect(sink.events.count == min(number + 1, capacity))
        }
        #expect(sink.events.map(\.message) == (20 - capacity..<20).map(String.init))
        #expect(sink.events(of: .leaderLost).map(\.message).last == "19")
        #expect(sink.dropped == 20 - capacity)
        sink.clear()
        #expect(sink.events.isEmpty)
        #expect(sink.dropped == 0)
    }
}

/// Counts records and flushes.
private final class FlushCounter: TraceSink {
    let counts = Mutex([0, 0])

    func record(_ event: TraceEvent) { counts.withLock { $0[0] += 1 } }
    func flush() { counts.withLock { $0[1] += 1 } }
}
