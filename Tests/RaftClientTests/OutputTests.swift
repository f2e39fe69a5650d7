import RaftClient
import RaftCore
import RaftMembership
import Testing

@testable import raftctl

@Suite("raftctl writes the same result as the same text")
struct OutputTests {
    /// One node answers, another cannot be reached.
    private static func report() throws -> StatusReport {
        StatusReport(rows: [
            StatusReport.Row(address: try RaftAddress("unix:a"), result: .success(Samples.status)),
            StatusReport.Row(
                address: try RaftAddress("unix:b"),
                result: .failure(RaftClientError(.unreachable, .rejected, "unix:b cannot be reached"))),
        ])
    }

    @Test("JSON escapes what must be escaped")
    func escapes() {
        let json = JSON.object([("a\"b", .string("\\ \n\t\u{1} é")), ("n", nil), ("l", .array([1, .bool(true)]))])
        #expect(json.text == #"{"a\"b":"\\ \n\t\u0001 é","n":null,"l":[1,true]}"#)
    }

    @Test("Bytes that are no text are written in base 64")
    func bytes() {
        #expect(JSON.object([JSON.bytes("value", [0x61])]).text == #"{"value":"a"}"#)
        #expect(JSON.object([JSON.bytes("value", [0xFF, 0xFE])]).text == #"{"valueBase64":"//4="}"#)
        #expect(JSON.base64([]) == "")
        #expect(JSON.base64(Array("f".utf8)) == "Zg==")
        #expect(JSON.base64(Array("foobar".utf8)) == "Zm9vYmFy")
    }

    @Test("The object of a status has every field of the contract, in one order")
    func status() {
        #expect(
            JSON.status(Samples.status).text == """
                {"cluster":"demo","clusterId":"01020304050607081112131415161718","id":1,"role":"leader","term":3,\
                "leader":1,"commitIndex":10,"appliedIndex":9,"flushedIndex":11,"lastIndex":12,"snapshotIndex":5,\
                "purgedIndex":4,"pendingProposals":6,"uncommittedBytes":7,"openSessions":3,"leaseMs":140,\
                "queues":{"inbox":1,"reads":2,"writes":3,"machine":4},"latencies":{\
                "write":{"count":5,"totalNs":50,"meanNs":10,"lastNs":9,"longestNs":20},\
                "commit":{"count":6,"totalNs":66,"meanNs":11,"lastNs":11,"longestNs":12},\
                "apply":{"count":0,"totalNs":0,"meanNs":null,"lastNs":0,"longestNs":0},\
                "read":{"count":7,"totalNs":70,"meanNs":10,"lastNs":8,"longestNs":13}},"diskFull":true,"failure":"x",\
                "members":[\
                {"id":1,"role":"leader","address":"unix:1","matchIndex":11,"state":"self","lastContactMs":0,\
                "roundTripNs":null,"inflightEntries":null,"snapshot":null},\
                {"id":2,"role":"follower","address":"unix:2","matchIndex":8,"state":"probe","lastContactMs":null,\
                "roundTripNs":250000,"inflightEntries":2,\
                "snapshot":{"index":5,"bytes":1000,"acknowledgedBytes":400}}],\
                "membership":{"index":9,"term":2,"committed":true}}
                """)
    }

    @Test("Of a node that does not tell, what waits and how long things take is null, and the second table is left out")
    func earlierStatus() {
        let text = JSON.status(Samples.earlierStatus).text
        for field in ["queues", "latencies", "membership", "leaseMs"] { #expect(text.contains("\"\(field)\":null")) }
        #expect(StatusReport(rows: []).loadTable == "")
        #expect(!MemberListCommand.table(Samples.earlierStatus).contains("membership"))
    }

    @Test("The second table shows what waits, and mean times in units that suit them")
    func loadTable() throws {
        let report = try Self.report()
        #expect(
            report.loadTable == """

                NODE  PURGED  PENDING  INBOX  READS  WRITES  MACHINE  WRITE  COMMIT  APPLY  READ  ROUNDTRIP
                1     4       6        1      2      3       4        0us    0us     -      0us   2:250us

                """)
        let times: [UInt64?] = [nil, 99, 100, 8_190, 999_999, 1_000_000, 1_460_000, 2_500_000_000, .max]
        #expect(
            times.map { StatusReport.time($0) } == [
                "-", "0us", "0.1us", "8.1us", "999.9us", "1ms", "1.4ms", "2.5s", "18446744073.7s",
            ])
    }

    @Test("The list of members says which entry the membership is of")
    func memberList() {
        let list = MemberListCommand.table(Samples.status)
        #expect(list.hasSuffix("\nmembership 9@2\n"))
        var open = Samples.status
        open.isMembershipCommitted = false
        #expect(MemberListCommand.table(open).hasSuffix("\nmembership 9@2, not committed yet\n"))
    }

    @Test("Entries are read as INDEX@TERM")
    func entries() {
        #expect(EntryArgument(argument: "12@3")?.id == LogID(term: 3, index: 12))
        for wrong in ["12", "12@", "@3", "0@3", "12@0", "a@3", "-1@3", "12@3@4", "12@ 3", "4611686018427387904@1"] {
            #expect(EntryArgument(argument: wrong) == nil)
        }
    }

    @Test("The table shows the lag of each peer, and nodes that could not be reached")
    func table() throws {
        let report = try Self.report()
        #expect(
            report.table == """
                NODE  ROLE         TERM  LEADER  COMMIT  APPLIED  LAST  SNAPSHOT  LAG         ENDPOINT
                1     leader       3     1       10      9        12    5         2:4(probe)  unix:a
                -     unreachable  -     -       -       -        -     -         -           unix:b
                node 1 takes no writes: its disk is full; free space, and it goes on by itself
                node 1 has stopped: x
                unix:b cannot be reached

                """)
    }

    @Test("A line of a list stays one line")
    func escapedLine() {
        #expect(String(decoding: escaped(Array("a\tb\nc\\".utf8)), as: UTF8.self) == #"a\tb\nc\\"#)
    }

    @Test("Times are read with their unit, and 0 is none", arguments: ["500ms", "5s", "1m", "2h"])
    func times(_ text: String) {
        #expect(TimeArgument(argument: text)?.description == text)
        for wrong in ["0s", "5", "s", "-1s", "5 s", "99999999999999999999s", "5000000000h"] {
            #expect(TimeArgument(argument: wrong) == nil)
        }
    }

    @Test("Members are read as ID=ADDRESS")
    func members() {
        #expect(MemberArgument(argument: "1=unix:/a")?.id == 1)
        for wrong in ["=unix:/a", "0=unix:/a", "1=", "1=foo", "unix:/a", "18446744073709551615=unix:/a"] {
            #expect(MemberArgument(argument: wrong) == nil)
        }
    }
}
