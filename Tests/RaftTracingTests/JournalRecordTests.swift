import RaftTracing
import Testing

@testable import RaftTracingJournald

@Suite("An event becomes a record that journald takes whole")
struct JournalRecordTests {
    private func items(_ event: TraceEvent) -> [String] {
        let record = JournalRecord(event, identifier: "raftd")
        var start = 0
        return record.ends.map { end in
            defer { start = end }
            return String(decoding: record.bytes[start..<end], as: UTF8.self)
        }
    }

    @Test("Every field that operators rely on is there")
    func fields() {
        let event = TraceEvent(
            level: .warning, kind: .leaderLost, message: "two\nlines = one",
            fields: [.cluster("demo"), .node(1), .term(3)],
            time: 1_500_000, file: "Module/File.swift", line: 7, function: "run()")
        #expect(
            items(event) == [
                "MESSAGE=two\nlines = one", "MESSAGE_ID=\(EventKind.leaderLost.messageID)", "PRIORITY=4",
                "SYSLOG_IDENTIFIER=raftd", "CODE_FILE=Module/File.swift", "CODE_LINE=7", "CODE_FUNC=run()",
                "RAFT_EVENT=raft.leader.lost", "RAFT_TIME=1970-01-01T00:00:00.001500Z", "RAFT_CLUSTER=demo",
                "RAFT_NODE=1", "RAFT_TERM=3",
            ])
    }

    @Test("An id of another form is left out", arguments: ["", "abc", String(repeating: "G", count: 32)])
    func badID(id: String) {
        let event = TraceEvent(level: .info, kind: EventKind("own.kind", id, .info, "", ""), message: "m", time: 0)
        #expect(!items(event).contains { $0.hasPrefix("MESSAGE_ID=") })
    }

    @Test(
        "Field names are made such that journald takes them",
        arguments: [
            ("raft.term", "RAFT_TERM"), ("kv.bytes", "RAFT_KV_BYTES"), ("PRIORITY", "RAFT_PRIORITY"),
            ("_PID", "RAFT__PID"), ("9 lives", "RAFT_9_LIVES"), ("raft.größe", "RAFT_GR____E"), ("", "RAFT_"),
            ("raft.", "RAFT_"), ("a=b\nc", "RAFT_A_B_C"), ("trace.id", "TRACE_ID"), ("span.id", "SPAN_ID"),
            ("trace.ids", "RAFT_TRACE_IDS"),
            (String(repeating: "x", count: 99), "RAFT_" + String(repeating: "X", count: 59)),
        ])
    func names(key: String, name: String) {
        #expect(JournalFieldName.name(for: key) == name)
        #expect(name.utf8.count <= 64)
    }
}
