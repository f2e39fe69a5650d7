import RaftTesting
import Testing

@Suite("The format of histories")
struct HistoryFormatTests {
    private func read(_ text: String, _ format: HistoryFormat = .automatic) throws -> [HistoryOperation] {
        try HistoryReader(file: "f").read(Array(text.utf8), format: format)
    }

    private func complaint(_ text: String, _ format: HistoryFormat = .automatic) -> String {
        do {
            return "read as \(try read(text, format))"
        } catch {
            return "\(error)"
        }
    }

    @Test("Every event is read as documented")
    func events() throws {
        let operations = try read(
            """
            # a comment
            invoke 1 write x 4
            ok 1 write x 4            # done

            invoke 2 cas x 4 5
            mismatch 2 cas x 4 5
            invoke 2 cas "x" 4 nil
            ok 2 cas x 4 nil
            invoke 3 read x
            ok 3 read x "a b\\x00\\n"
            invoke 1 delete x\r
            unknown 1 delete x
            invoke 2 write x 6
            fail 2 write x 6
            invoke 1 read y
            """)
        func operation(_ process: Int, _ action: HistoryOperation.Action, _ invoked: UInt64, _ returned: UInt64?)
            -> HistoryOperation
        {
            HistoryOperation(process: process, key: "x", action: action, invoked: invoked, returned: returned)
        }
        #expect(
            operations == [
                operation(1, .write("4"), 1, 2),
                operation(2, .compareAndSet(expected: "4", new: "5", succeeded: false), 3, 4),
                operation(2, .compareAndSet(expected: "4", new: nil, succeeded: true), 5, 6),
                operation(3, .read("a b\0\n"), 7, 8),
                operation(1, .write(nil), 9, nil),
                HistoryOperation(process: 1, key: "y", action: .read(nil), invoked: 13, returned: nil),
            ])
    }

    @Test("Times order events, whatever the order of lines")
    func times() throws {
        let operations = try read(
            "invoke 1 write x 1 @50\nok 1 write x 1 @60\ninvoke 2 read x @10\nok 2 read x nil @20")
        #expect(operations.map(\.invoked) == [50, 10])
        #expect(operations.map(\.returned) == [60, 20])
    }

    @Test(
        "What is wrong is named with its line and what would be right",
        arguments: [
            ("hello", "f:1: \"hello\" is no event"),
            ("\ninvoke", "f:2: the line ends too early"),
            ("invoke one read x", "f:1: \"one\" is no process"),
            ("invoke 99999999999999999999 read x", "is no process"),
            ("invoke -1 read x", "is no process"),
            ("invoke 1 append x 2", "there are read, write, delete and cas"),
            ("invoke 1 write x", "write invoke PROCESS write KEY VALUE"),
            ("invoke 1 read x 2", "write invoke PROCESS read KEY"),
            ("invoke 1 read x\nok 1 read x", "f:2: write ok PROCESS read KEY VALUE"),
            ("mismatch 1 write x 2", "only a cas"),
            ("ok 1 write x 2", "an \"invoke\" must come first"),
            ("invoke 1 read x\ninvoke 1 read y", "f:2: process 1 still has the operation of line 1"),
            ("invoke 1 write x 1\nok 1 write x 2", "f:2: this is not the operation"),
            ("invoke 1 write x 1\nok 1 write y 1", "f:2: this is not the operation"),
            ("invoke 1 read x @5\nok 1 read x 1", "this line has no time"),
            ("invoke 1 read x\nok 1 read x 1 @5", "this line has a time"),
            ("invoke 1 read x @5\nok 1 read x 1 @4", "never go back"),
            ("invoke 1 read x @-5", "is no time"),
            ("invoke 1 read x @18446744073709551616", "is no time"),
            ("invoke 1 read x @5 6", "nothing but a comment may follow"),
            ("@5", "a time alone"),
            ("invoke 1 read \"x", "opened and not closed"),
            ("invoke 1 read \"x\\q\"", "a backslash in quotes"),
            ("invoke 1 read \"x\\x4\"", "two hexadecimal digits"),
            ("invoke 1 read a@b", "words are separated by spaces"),
            ("invoke 1 read \u{E9}", "\\xc3"),
        ])
    func complaints(text: String, expected: String) {
        let complaint = complaint(text)
        #expect(complaint.contains(expected), "\(complaint)")
        #expect(complaint.hasPrefix("f:"))
    }

    @Test("Jepsen's logs are recognized, and their time-outs are unknown")
    func jepsen() throws {
        let operations = try read(
            """
            INFO  jepsen.core - Worker 0 starting
            INFO  jepsen.util - 0\t:invoke\t:write\t3
            INFO  jepsen.util - 1\t:invoke\t:read\tnil
            INFO  jepsen.util - 0\t:info\t:write\t:timed-out
            INFO  jepsen.util - :nemesis\t:info\t:start\tnil
            INFO  jepsen.util - 1\t:ok\t:read\t3
            INFO  jepsen.util - 2\t:invoke\t:cas\t[3 4]
            INFO  jepsen.util - 2\t:fail\t:cas\t[3 4]
            INFO  jepsen.util - 3\t:invoke\t:read\tnil
            INFO  jepsen.util - 3\t:fail\t:read\t:timed-out
            """)
        #expect(operations.map(\.process) == [0, 1, 2])
        #expect(
            operations.map(\.action) == [
                .write("3"), .read("3"), .compareAndSet(expected: "3", new: "4", succeeded: false),
            ])
        #expect(operations.map(\.returned) == [nil, 4, 6])
        #expect(complaint("INFO  jepsen.util - 0\t:invoke\t:cas\t[3", .automatic).hasPrefix("f:1: \"[3\" is no pair"))
        #expect(complaint("invoke 1 read x", .jepsen).hasPrefix("f:1: there is no event of a Jepsen log"))
    }

    @Test("What is written is read back, times included", arguments: 0..<50)
    func roundTrip(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        func bytes() -> String {
            String(historyBytes: (0..<random.index(below: 6)).map { _ in UInt8(random.index(below: 256)) })
        }
        var sample = SampleHistory()
        sample.seed = seed
        sample.operations = 60
        sample.keys = 3
        sample.lost = 100
        let names = Dictionary(uniqueKeysWithValues: (0..<3).map { ("key\($0)", "\($0)\(bytes())") })
        let operations = sample.make().map { operation in
            var operation = operation
            operation.key = names[operation.key] ?? ""
            if case .write(.some) = operation.action { operation.action = .write(random.chance(100) ? "nil" : bytes()) }
            if operation.returned == nil, case .read = operation.action { operation.action = .read(nil) }
            if operation.returned == nil, case .compareAndSet(let expected, let new, _) = operation.action {
                operation.action = .compareAndSet(expected: expected, new: new, succeeded: false)
            }
            return operation
        }
        var writer = HistoryWriter(comment: "seed \(seed)")
        try writer.record(operations)
        let text = writer.drain()
        #expect(text.utf8.allSatisfy { $0 == UInt8(ascii: "\n") || (0x20...0x7E).contains($0) })
        #expect(writer.text.isEmpty)
        let order: (HistoryOperation, HistoryOperation) -> Bool = {
            ($0.process, $0.invoked) < ($1.process, $1.invoked)
        }
        #expect(try read(text).sorted(by: order) == operations.sorted(by: order), "seed \(seed)")
    }

    @Test("One process cannot have two operations under way in a file")
    func overlap() {
        let operations = (0..<2).map {
            HistoryOperation(process: 1, key: "x", action: .write("1"), invoked: UInt64($0), returned: 9)
        }
        var writer = HistoryWriter()
        #expect(throws: HistoryFormatError.self) { try writer.record(operations) }
    }

    @Test("Any bytes become a string and come back, different bytes as different strings")
    func bytes() {
        for bytes: [UInt8] in [
            [], [0], [0xFF], [0xC3], [0xC3, 0xA9], [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x8F, 0xBF, 0xBF, 0x30],
        ] {
            #expect(String(historyBytes: bytes).historyBytes == bytes)
        }
        #expect("plain".historyBytes == Array("plain".utf8))
    }

    @Test("Hostile input is refused or read, but never traps", arguments: 0..<40)
    func fuzz(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        let pieces = [
            "invoke", "ok", "fail", "unknown", "mismatch", "1", "2", "-1", "read", "write", "cas", "delete", "x", "nil",
            "\"", "\\", "\\x", "@", "@5", "#", "\n", "\n", " ", " ", "\t", "\r", "INFO  jepsen.util - ", ":invoke",
            ":ok",
            ":info", ":cas", ":read", "[1 2]", "[", "]", ":timed-out", "\u{10FFFF}", "18446744073709551616", "\0",
        ]
        for _ in 0..<250 {
            var bytes: [UInt8] = []
            for _ in 0..<random.index(below: 40) {
                if random.chance(100) { bytes.append(UInt8(random.index(below: 256))) }
                bytes += Array(random.pick(pieces).utf8)
                if random.chance(600) { bytes.append(random.chance(300) ? 9 : 32) }
            }
            for format in [HistoryFormat.automatic, .lines, .jepsen] {
                do {
                    let operations = try HistoryReader(file: "f").read(bytes, format: format)
                    _ = LinearizabilityChecker(stepBudget: 1_000).check(operations)
                } catch {
                    #expect(error.line >= 1, "seed \(seed)")
                }
            }
        }
    }
}
