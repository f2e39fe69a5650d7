import RaftClient
import RaftCore
import RaftMembership
import Testing

@testable import raftctl

@Suite("raftctl writes the same result as the same text")
struct OutputTests {
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
                "purgedIndex":4,"pendingProposals":6,"uncommittedBytes":7,"diskFull":true,"failure":"x","members":[\
                {"id":1,"role":"leader","address":"unix:1","matchIndex":11,"state":"self","lastContactMs":0},\
                {"id":2,"role":"follower","address":"unix:2","matchIndex":8,"state":"probe","lastContactMs":null}]}
                """)
    }

    @Test("The table shows the lag of each peer, and nodes that could not be reached")
    func table() throws {
        let report = StatusReport(rows: [
            StatusReport.Row(address: try RaftAddress("unix:a"), result: .success(Samples.status)),
            StatusReport.Row(
                address: try RaftAddress("unix:b"),
                result: .failure(RaftClientError(.unreachable, .rejected, "unix:b cannot be reached"))),
        ])
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
