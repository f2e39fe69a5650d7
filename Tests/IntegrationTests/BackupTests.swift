import Foundation
import RaftClient
import RaftCore
import RaftKeyValue
import RaftMembership
import Testing

/// Rule Q1 with real processes: backups, and what becomes of them.
extension RealProcesses {
    @Suite("Real processes, backed up and restored", .serialized)
    struct BackupTests {
        private func raftctl(_ cluster: ProcessCluster, _ arguments: [String], ids: [Int]? = nil) async throws -> Ran {
            let endpoints = (ids ?? cluster.ids).flatMap { ["--endpoint", cluster.clientAddress($0)] }
            return try await Ran.program("raftctl", endpoints + arguments)
        }

        private func object(_ ran: Ran) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: Data(ran.output.utf8)) as? [String: Any], "\(ran.error)")
        }

        private func number(_ ran: Ran, _ name: String) throws -> Int {
            try #require(try object(ran)[name] as? NSNumber).intValue
        }

        /// A cluster with values enough for some chunks.
        private func filled(keys: Int = 300, bytes: Int = 4000) async throws -> ProcessCluster {
            let cluster = try ProcessCluster()
            for id in 1...3 { cluster.environment[id] = ["RAFTD_RAFT_SNAPSHOT_ENTRIES": "150"] }
            try cluster.startAll()
            _ = try await cluster.leader()
            let client = try cluster.client()
            try await fill(client, keys, bytes)
            await client.close()
            return cluster
        }

        private func fill(_ client: RaftClient, _ keys: Int, _ bytes: Int) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<8 {
                    group.addTask {
                        for number in stride(from: worker, to: keys, by: 8) {
                            _ = try await client.put(
                                "key-\(number)", "\(number) " + String(repeating: "x", count: bytes))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }

        @Test(
            "A backup under load has each write that was acknowledged before it began, and is a new cluster elsewhere (Q1)"
        )
        func elsewhere() async throws {
            let cluster = try await filled()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let client = try cluster.client(timeout: .seconds(20))
            let acknowledged = Acknowledged()
            let load = Task {
                while !Task.isCancelled {
                    let next = acknowledged.count + 1
                    _ = try await client.put("load-\(next)", "\(next)")
                    acknowledged.count = next
                }
            }
            _ = try await poll("the load runs") { acknowledged.count > 50 ? true : nil }
            let before = acknowledged.count
            let file = cluster.path("backup").path
            let written = try await raftctl(cluster, ["backup", file, "--output", "json"])
            #expect(written.code == 0, "\(written.error)")
            _ = try await poll("the load went on") { acknowledged.count > before + 10 ? true : nil }
            load.cancel()
            _ = await load.result
            #expect(try object(written)["machine"] as? String == "keyvalue")

            let verified = try await raftctl(cluster, ["backup", "--verify", file, "--output", "json"])
            #expect(verified.code == 0 && verified.output == written.output)
            let text = try await raftctl(cluster, ["backup", "--verify", file])
            #expect(text.output.hasPrefix("\(try number(written, "bytes")) bytes, through entry "), "\(text.output)")
            let there = try await raftctl(cluster, ["backup", file])
            #expect(there.code == 4 && there.complains(of: file, "--force"), "\(there.error)")
            // A follower gives what it has when that is said to be enough.
            let follower = try await cluster.leader() % 3 + 1
            let stale = try await raftctl(
                cluster, ["--no-follow", "backup", cluster.path("stale").path, "--stale"], ids: [follower])
            #expect(stale.code == 0, "\(stale.error)")
            await client.close()

            let other = try ProcessCluster()
            defer { other.tearDown(keepFiles: !isGood) }
            let restored = try await Ran.program(
                "raftd", ["restore", "--config", other.path("1.yaml").path, file, "--output", "json"])
            #expect(restored.code == 0, "\(restored.error)")
            #expect(try number(restored, "index") == number(written, "index"))
            #expect(try object(restored)["checksum"] as? String == object(written)["checksum"] as? String)
            let identity = try #require(try object(restored)["newCluster"] as? String)
            #expect(try object(restored)["backupCluster"] as? String != identity)
            let twice = try await Ran.program("raftd", ["restore", "--config", other.path("1.yaml").path, file])
            #expect(twice.code == 1 && twice.complains(of: "into an empty directory only"), "\(twice.error)")

            try other.start(1)
            _ = try await other.leader(among: [1])
            for id in [2, 3] {
                try other.start(id)
                let added = try await raftctl(other, ["member", "add", "\(id)=\(other.peerAddress(id))"], ids: [1])
                #expect(added.code == 0, "\(added.error)")
            }
            let copy = try other.client()
            let found = try await copy.list("")
            for number in 1...before { #expect(found["load-\(number)"] == "\(number)") }
            for number in 0..<300 { #expect(found["key-\(number)"]?.hasPrefix("\(number) x") == true) }
            _ = try await copy.put("after", "1")
            #expect(try #require(try await other.status(of: 1)).cluster?.description == identity)
            await copy.close()
            isGood = true
        }

        @Test("A restore takes one session, and commands no larger than the cluster takes (W4, Q1)")
        func modest() async throws {
            let cluster = try ProcessCluster()
            for id in 1...3 {
                cluster.environment[id] = [
                    "RAFTD_RAFT_MAXIMUM_SESSIONS": "3", "RAFTD_RAFT_MAXIMUM_COMMAND_BYTES": "16KiB",
                ]
            }
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let client = try cluster.client(timeout: .seconds(20))
            try await fill(client, 100, 1000)
            _ = try await client.put("large", String(repeating: "y", count: 15_000))
            let file = cluster.path("backup").path
            #expect(try await raftctl(cluster, ["backup", file]).code == 0)
            let session = client.makeSession()
            let command = try KeyValueCommand.put(key: [1], value: [1]).encoded()
            _ = try await session.propose(command)
            let restored = try await raftctl(cluster, ["restore", file])
            #expect(restored.code == 0, "\(restored.error)")
            // One that expired would be opened anew, with another place in the log.
            #expect(try await client.get("large")?.count == 15_000)
            let leader = try await cluster.leader()
            #expect(try await cluster.status(of: leader)?.openSessions == 1)
            _ = try await session.propose(command)
            #expect(try await cluster.status(of: leader)?.openSessions == 1)
            await session.close()
            await client.close()
            isGood = true
        }

        @Test("A backup that is cut short or has a flipped bit is refused, in one line that says where (Q1)")
        func damaged() async throws {
            let cluster = try await filled()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let file = cluster.path("backup")
            #expect(try await raftctl(cluster, ["backup", file.path]).code == 0)
            let whole = try Data(contentsOf: file)
            var flipped = whole
            flipped[whole.count / 2] ^= 4
            let fresh = try ProcessCluster(size: 1)
            defer { fresh.tearDown() }
            for (bytes, words) in [
                (whole.dropLast(1000), "cut short: it ends at byte \(whole.count - 1000)"),
                (flipped, "is damaged in chunk"), (Data("nothing of the kind".utf8), "is no backup"),
            ] {
                try Data(bytes).write(to: file)
                let runs = [
                    try await raftctl(cluster, ["backup", "--verify", file.path]),
                    try await raftctl(cluster, ["restore", file.path]),
                    try await Ran.program("raftd", ["restore", "--config", fresh.path("1.yaml").path, file.path]),
                ]
                for ran in runs { #expect(ran.code == 1 && ran.complains(of: file.path, words), "\(ran.error)") }
            }
            #expect(!FileManager.default.fileExists(atPath: fresh.path("1").path))
            let client = try cluster.client()
            #expect(try await client.list("key-").count == 300)
            await client.close()
            for arguments in [["backup"], ["backup", "a", "--verify", "--force"], ["restore"]] {
                #expect(try await raftctl(cluster, arguments).code == 64)
            }
            let nowhere = try await raftctl(cluster, ["backup", "/nonexistent/backup"])
            #expect(nowhere.code == 1 && nowhere.complains(of: "/nonexistent/backup"), "\(nowhere.error)")
            isGood = true
        }

        @Test("A restore through the log replaces the state at once, also when the leader is killed in the middle (Q1)")
        func throughTheLog() async throws {
            let cluster = try await filled(keys: 1200)
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let file = cluster.path("backup").path
            #expect(try await raftctl(cluster, ["backup", file]).code == 0)
            let client = try cluster.client(timeout: .seconds(20))
            for number in 0..<100 { _ = try await client.put("key-\(number)", "changed") }
            _ = try await client.put("added", "1")

            let leader = try await cluster.leader()
            let before = try #require(try await cluster.status(of: leader)).commitIndex
            let endpoints = cluster.ids.flatMap { ["--endpoint", cluster.clientAddress($0)] }
            let restore = Task { try await Ran.program("raftctl", endpoints + ["restore", file, "--output", "json"]) }
            let others = cluster.ids.filter { $0 != leader }
            _ = try await poll("some chunks are committed") {
                try await cluster.status(of: others[0]).flatMap { $0.commitIndex >= before + 5 ? true : nil }
            }
            await cluster.kill(leader)
            _ = try await cluster.leader(among: others)
            let restored = try await restore.value
            #expect(restored.code == 0, "\(restored.error)")
            #expect(try number(restored, "keys") == 1200 && number(restored, "keysBefore") == 1201)
            let found = try await client.list("")
            #expect(found.count == 1200 && found["added"] == nil)
            #expect((0..<1200).allSatisfy { found["key-\($0)"]?.hasPrefix("\($0) x") == true })
            try cluster.start(leader)
            let target = try #require(try await cluster.status(of: others[0])).commitIndex
            _ = try await poll("the killed node has it too") {
                try await cluster.status(of: leader).flatMap { $0.appliedIndex >= target ? true : nil }
            }
            let exact = try cluster.client([leader], followsLeader: false)
            #expect(try await exact.list("", consistency: .stale) == found)
            await exact.close()
            await client.close()
            isGood = true
        }

        @Test("A restore that loses the quorum in the middle has no effect and says so, and the next one succeeds (Q1)")
        func cutOff() async throws {
            let cluster = try await filled(keys: 1200)
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let file = cluster.path("backup").path
            #expect(try await raftctl(cluster, ["backup", file]).code == 0)
            let client = try cluster.client(timeout: .seconds(20))
            _ = try await client.put("key-1", "changed")
            let leader = try await cluster.leader()
            let before = try #require(try await cluster.status(of: leader)).commitIndex
            let endpoints = cluster.ids.flatMap { ["--endpoint", cluster.clientAddress($0)] }
            let restore = Task {
                try await Ran.program("raftctl", endpoints + ["--timeout", "2s", "restore", file])
            }
            _ = try await poll("some chunks are committed") {
                try await cluster.status(of: leader).flatMap { $0.commitIndex >= before + 5 ? true : nil }
            }
            let others = cluster.ids.filter { $0 != leader }
            // Both at once: with one of them the restore would go on.
            for id in others { cluster.nodes[id]?.signal(SIGKILL) }
            for id in others { await cluster.nodes[id]?.waitForExit() }
            let failed = try await restore.value
            #expect(failed.code == 3 && failed.complains(of: "nothing was restored"), "\(failed.code) \(failed.error)")
            for id in others { try cluster.start(id) }
            _ = try await cluster.leader()
            #expect(try await client.get("key-1") == "changed")
            #expect(try await client.list("").count == 1200)
            let again = try await raftctl(cluster, ["restore", file])
            #expect(again.code == 0, "\(again.error)")
            #expect(try await client.get("key-1")?.hasPrefix("1 x") == true)
            await client.close()
            isGood = true
        }
    }
}

/// Counted by one task, looked at by another.
private final class Acknowledged: @unchecked Sendable {
    // Unchecked: the lock is held for each access.
    private let lock = NSLock()
    private var value = 0
    var count: Int {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
    }
}
