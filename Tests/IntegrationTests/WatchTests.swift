import Foundation
import RaftClient
import RaftKeyValue
import Testing

extension RealProcesses {
    @Suite("Real processes, watched", .serialized)
    struct WatchTests {
        private func lines(_ file: URL) -> [String] {
            ((try? String(contentsOf: file, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
        }

        @Test("raftctl watch prints what there is, and then each change, over the end of the node that it asks")
        func changes() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            let leader = try await cluster.leader()
            let client = try cluster.client(timeout: .seconds(20))
            _ = try await client.put("app/a", "1")
            _ = try await client.put("other", "1")
            let output = cluster.path("watched")
            let watch = try NodeProcess(
                "raftctl",
                cluster.ids.flatMap { ["--endpoint", cluster.clientAddress($0)] }
                    + ["--timeout", "1s", "watch", "app/", "--interval", "20ms"],
                log: cluster.path("complaints"), output: output)
            defer { watch.signal(SIGKILL) }
            func seen(_ expected: [String]) async throws {
                _ = try await poll("\(expected.last ?? "") is seen") {
                    lines(output).count >= expected.count ? true : nil
                }
                #expect(lines(output) == expected)
            }
            try await seen(["app/a\t1"])
            _ = try await client.put("app/b", "line\nline")
            try await seen(["app/a\t1", "app/b\tline\\nline"])
            await cluster.kill(leader)
            _ = try await client.put("app/a", "2")
            try await seen(["app/a\t1", "app/b\tline\\nline", "app/a\t2"])
            let delete = try KeyValueCommand.delete(key: Array("app/a".utf8)).encoded()
            _ = try await client.propose(delete)
            try await seen(["app/a\t1", "app/b\tline\\nline", "app/a\t2", "app/a"])
            #expect(watch.isRunning)
            await client.close()
            isGood = true
        }

        @Test("A watch that cannot begin ends as any other command")
        func unreachable() async throws {
            let ran = try await Ran.program(
                "raftctl", ["--endpoint", "unix:/nonexistent.sock", "--timeout", "200ms", "watch"])
            #expect(ran.code == 3)
            #expect(ran.complains(of: "/nonexistent.sock"))
        }
    }
}
