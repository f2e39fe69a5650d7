import Glibc
import RaftTesting
import Testing

/// The release program, where `RAFT_CHECK` names it: `make test` builds it, and explores a larger slice with it.
@Suite("The checkers' program", .enabled(if: getenv("RAFT_CHECK") != nil))
struct CheckerProcessTests {
    private func run(_ arguments: String) throws -> (status: Int32, output: String) {
        try #require(ReleaseProgram("RAFT_CHECK")).run(arguments)
    }

    @Test("A model that is sound exits with 0, and says what was explored")
    func sound() throws {
        let (status, output) = try run("model --nodes 3 --root led --terms 1 --entries 1 --depth 13 --landmarks")
        #expect(status == 0)
        // The same counts as in a debug build.
        var options = ModelOptions(root: try #require(ModelRoot.named("led", nodes: 3)))
        options.budget = ModelBudget(terms: 1, entries: 1)
        options.depth = 13
        let here = try ModelChecker.run(options)
        #expect(output.contains("led: \(here.states) states, \(here.distinct) distinct, depth 13"), "\(output)")
        #expect(output.contains("  repair: \(here.count(of: .repair))\n"), "\(output)")
    }

    #if TestBuild
        @Test("A broken rule exits with 1, and the shortest way to it")
        func broken() throws {
            let (status, output) = try run("model --root stale --terms 1 --mutation compareLogsByIndex")
            #expect(status == 1)
            #expect(output.contains("violated: leader completeness"), "\(output)")
        }
    #endif

    @Test("Wrong options are refused with what would be right, and exit status 64")
    func wrongOptions() throws {
        for (arguments, answer) in [
            ("model --nodes 4", "--nodes must be 2 or 3"), ("model --root nowhere", "one of empty, led"),
            ("model --nodes 2 --root stale", "one of empty, led, suffix"), ("model --depth 0", "must be positive"),
            ("model --terms 128", "at most 31"), ("model --terms 300", "--terms"), ("model --mutation x", "x"),
            ("nonsense", "nonsense"),
        ] {
            let (status, output) = try run(arguments)
            #expect(status == 64 && output.contains(answer), "\(arguments): \(output)")
        }
    }

    @Test("A history of 20,000 operations by 50 clients is taken, and a stale read found in it")
    func histories() throws {
        var sample = SampleHistory()
        sample.operations = 20_000
        sample.clients = 50
        sample.keys = 5
        var operations = sample.make()
        for isStale in [false, true] {
            if isStale { #expect(SampleHistory.plantStaleRead(in: &operations) != nil) }
            var writer = HistoryWriter()
            try writer.record(operations)
            let path = try temporaryFile(writer.drain())
            defer { unlink(path) }
            let (status, output) = try run("history \(path)")
            #expect(status == (isStale ? 1 : 0), "\(output)")
            #expect(output.hasPrefix(isStale ? "not linearizable: " : "linearizable: "), "\(output)")
        }
    }

    private func temporaryFile(_ text: String) throws -> String {
        var path = Array("/tmp/raft-history-XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            try #require(count > 0)
            rest = rest.dropFirst(count)
        }
        return String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
