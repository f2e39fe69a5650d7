import Foundation
import RaftTracing
import Testing

@testable import RaftTracingSpans

@Suite("Spans are written")
struct SpanExporterTests {
    private static func span(_ failure: String? = nil) throws -> FinishedSpan {
        let context = try #require(TraceContext(traceHigh: 0xAB, traceLow: 0xCD, span: 0xEF, isSampled: true))
        let other = try #require(TraceContext(traceHigh: 1, traceLow: 2, span: 3, isSampled: true))
        return FinishedSpan(
            name: "raft.persist", role: .server, context: context, parent: 0x12, start: 1_000, end: 1_001_500,
            fields: [.index(7), TraceField("a\"b", "c\\\n\u{1}ü"), TraceField("flag", true), TraceField("n", -3)],
            links: [other], failure: failure)
    }

    @Test("A line of OTLP's JSON has the bytes that its documentation gives it")
    func golden() throws {
        let line = String(
            decoding: OTLPText.line(
                [try Self.span(), try Self.span("x")], resource: [TraceField("service.name", "raftd")]),
            as: UTF8.self)
        func expected(_ status: String) -> String {
            #"{"traceId":"00000000000000ab00000000000000cd","spanId":"00000000000000ef","#
                + #""parentSpanId":"0000000000000012","flags":1,"name":"raft.persist","kind":2,"#
                + #""startTimeUnixNano":"1000","endTimeUnixNano":"1001500","attributes":["#
                + #"{"key":"raft.index","value":{"intValue":"7"}},"#
                + #"{"key":"a\"b","value":{"stringValue":"c\\\n\u0001ü"}},"#
                + #"{"key":"flag","value":{"boolValue":true}},{"key":"n","value":{"intValue":"-3"}}],"#
                + #""links":[{"traceId":"00000000000000010000000000000002","spanId":"0000000000000003"}],"#
                + #""status":\#(status)}"#
        }
        #expect(
            line
                == #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"raftd"}}]},"#
                + #""scopeSpans":[{"scope":{"name":"swift-raft"},"spans":["# + expected("{}") + ","
                + expected(#"{"code":2,"message":"x"}"#) + "]}]}]}\n")
        #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
    }

    @Test("A file is added to, line by line, by several exporters at once; one that cannot be opened says why")
    func file() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "spans-\(UInt64.random(in: 0 ... .max))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        let exporters = [
            try OTLPFileExporter(path: path, resource: []), try OTLPFileExporter(path: path, resource: []),
        ]
        let span = try Self.span()
        await withTaskGroup { group in
            for exporter in exporters {
                group.addTask { for _ in 0..<500 { exporter.export(span) } }
            }
        }
        for exporter in exporters {
            exporter.flush()
            #expect(exporter.dropped == 0)
        }
        let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
        var count = 0
        for line in lines {
            _ = try JSONSerialization.jsonObject(with: Data(line.utf8))
            count += line.matches(of: /"spanId":"00000000000000ef"/).count
        }
        #expect(count == 1000)
        let error = #expect(throws: SpanFileError.self) { try OTLPFileExporter(path: "/nowhere/x", resource: []) }
        #expect(error?.message == "spans cannot be written to /nowhere/x: No such file or directory")
    }

    @Test("What the disk does not take is counted, and holds nobody up")
    func full() throws {
        let sink = MemorySink()
        let exporter = try OTLPFileExporter(path: "/dev/full", resource: [], warnings: sink)
        let span = try Self.span()
        for _ in 0..<10 {
            exporter.export(span)
            exporter.flush()
        }
        #expect(exporter.dropped == 10)
        let reports = sink.events(of: .recordsDropped)
        #expect(reports.count == 1, "once, until something can be written again")
        #expect(reports.first?.message.contains("/dev/full") == true)
    }

    @Test("A record of a span has its ids as the journal wants them, its fields, and why it failed")
    func record() throws {
        let sink = MemorySink()
        SinkSpanExporter(sink).export(try Self.span("the disk is gone"))
        let event = try #require(sink.events(of: .spanEnded).first)
        #expect(event.message == "raft.persist took 1000 µs, and failed: the disk is gone" && event.time == 1_001_500)
        let fields = Dictionary(uniqueKeysWithValues: event.fields.map { ($0.key, $0.value) })
        #expect(fields["trace.id"] == "00000000000000ab00000000000000cd" && fields["span.id"] == "00000000000000ef")
        #expect(fields["raft.parent"] == "0000000000000012" && fields["raft.span"] == "raft.persist")
        #expect(fields["raft.nanoseconds"] == .uint(1_000_500) && fields["raft.index"] == .uint(7))
        #expect(fields["raft.reason"] == "the disk is gone")
    }
}
