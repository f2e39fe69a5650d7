import Testing

@testable import RaftTracing

@Suite("An event becomes one line, whatever it holds")
struct TraceLineTests {
    /// 2026-11-23T20:15:00.123456789Z
    private static let time: UInt64 = 1_795_464_900_123_456_789

    private func event(_ message: String, _ fields: [TraceField] = []) -> TraceEvent {
        TraceEvent(
            level: .info, kind: .leaderElected, message: message, fields: fields, time: Self.time,
            file: "Module/File.swift", line: 7, function: "run()")
    }

    private func line(_ event: TraceEvent, _ format: TraceFormat) -> String {
        String(decoding: TraceLine(event, format).bytes, as: UTF8.self)
    }

    @Test("The text form")
    func text() {
        let event = event("node 1 leads term 3", [.cluster("demo"), .node(1), .term(3), .custom("kv.hot", true)])
        #expect(
            line(event, .text) == """
                2026-11-23T20:15:00.123456Z INFO raft.leader.elected node 1 leads term 3 \
                cluster=demo node=1 term=3 kv.hot=true

                """)
    }

    @Test("The name of a kind that a recording's bytes made forges no line", arguments: [TraceFormat.text, .json])
    func hostileKind(format: TraceFormat) {
        let kind = EventKind("a\n\u{1B}[2J", "", .info, "", "")
        let event = TraceEvent(level: .info, kind: kind, message: "message", time: Self.time)
        #expect(!TraceLine(event, format).bytes.dropLast().contains { $0 < 0x20 })
    }

    @Test("The JSON form keeps types and full names")
    func json() {
        let event = event("node 1 \"leads\"", [.cluster("de\\mo"), .term(.max), .count(-2), .custom("kv.hot", false)])
        #expect(
            line(event, .json) == #"""
                {"time":"2026-11-23T20:15:00.123456Z","level":"info","event":"raft.leader.elected",\#
                "message":"node 1 \"leads\"","raft.cluster":"de\\mo","raft.term":18446744073709551615,\#
                "raft.count":-2,"kv.hot":false,"file":"Module/File.swift","line":7,"function":"run()"}

                """#)
    }

    @Test(
        "Values that would be read as two are quoted",
        arguments: [
            ("plain", "plain"), ("", #""""#), ("two words", #""two words""#), ("a=b", #""a=b""#),
            (#"say "x""#, #""say \"x\"""#), ("a\nb", #"a\nb"#), ("ünïcode", "ünïcode"),
        ])
    func quoting(value: String, written: String) {
        #expect(line(event("m", [.reason(value)]), .text).hasSuffix(" m reason=\(written)\n"))
    }

    @Test(
        "Control characters never reach the line",
        arguments: [
            ("\n", #"\n"#, #"\n"#), ("\r\n", #"\r\n"#, #"\r\n"#), ("\t", #"\t"#, #"\t"#), ("\0", #"\u{0}"#, #"\u0000"#),
            ("\u{1B}[2J", #"\u{1b}[2J"#, #"\u001b[2J"#), ("\u{7F}", #"\u{7f}"#, #"\u007f"#),
            ("\u{9B}", #"\u{9b}"#, #"\u009b"#), ("\u{2028}", #"\u{2028}"#, #"\u2028"#),
            ("\u{202E}", #"\u{202e}"#, #"\u202e"#), (#"\n"#, #"\\n"#, #"\\n"#),
        ])
    func controlCharacters(character: String, inText: String, inJSON: String) {
        let event = event("a\(character)b", [.reason("c\(character)d"), .custom("k\(character)k", 1)])
        let text = line(event, .text)
        #expect(text.contains(" a\(inText)b "))
        #expect(text.contains("c\(inText)d"))
        #expect(text.contains("k\(inText)k=1"))
        let json = line(event, .json)
        #expect(json.contains("\"a\(inJSON)b\""))
        #expect(json.contains("\"k\(inJSON)k\":1"))
        for line in [text, json] {
            #expect(line.unicodeScalars.dropLast().allSatisfy { $0.properties.generalCategory != .control })
            #expect(line.hasSuffix("\n"))
        }
    }

    @Test("A line is never longer than a pipe takes in one piece", arguments: [TraceFormat.text, .json])
    func bounded(format: TraceFormat) {
        let long = [
            event(String(repeating: "é", count: 5000)),
            event(String(repeating: "\u{1B}", count: 5000)),
            event("m", (0..<500).map { .custom("key\($0)", .uint(.max)) }),
            event("m", [.custom(String(repeating: "k", count: 5000), .string(String(repeating: "\n", count: 5000)))]),
        ]
        for event in long {
            let bytes = TraceLine(event, format).bytes
            #expect(bytes.count <= 4096)
            #expect(bytes.last == UInt8(ascii: "\n"))
            #expect(bytes.filter { $0 == UInt8(ascii: "\n") }.count == 1)
            #expect(String(validating: bytes, as: UTF8.self) != nil)
            if format == .json { #expect(bytes.dropLast().last == UInt8(ascii: "}")) }
        }
    }

    @Test("A line that just fits is not cut", arguments: 4090...4100)
    func edge(length: Int) {
        let overhead = TraceLine(event(""), .text).bytes.count
        let bytes = TraceLine(event(String(repeating: "x", count: length - overhead)), .text).bytes
        #expect(bytes.count == min(length, 4096))
        #expect(String(decoding: bytes, as: UTF8.self).contains("…") == (length > 4096))
    }

    @Test(
        "Times are written in UTC",
        arguments: [
            (0, "1970-01-01T00:00:00.000000Z"), (951_782_399, "2000-02-28T23:59:59.000000Z"),
            (951_782_400, "2000-02-29T00:00:00.000000Z"), (951_868_800, "2000-03-01T00:00:00.000000Z"),
            (1_704_067_199, "2023-12-31T23:59:59.000000Z"), (4_107_542_400, "2100-03-01T00:00:00.000000Z"),
            (18_446_744_073, "2554-07-21T23:34:33.000000Z"),
        ] as [(UInt64, String)])
    func times(seconds: UInt64, written: String) {
        #expect(Timestamp(nanoseconds: seconds * 1_000_000_000).description == written)
    }
}
