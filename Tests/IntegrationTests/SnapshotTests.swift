import Foundation
import RaftClient
import RaftCore
import RaftMembership
import Testing

/// Snapshots of real nodes, taken by policy and by hand, sent and installed while clients work.
extension RealProcesses {
    @Suite("Real processes, compacting their logs", .serialized)
    struct SnapshotTests {
        private func environment() -> [String: String] {
            [
                "RAFTD_RAFT_SNAPSHOT_ENTRIES": "200", "RAFTD_RAFT_SNAPSHOT_RETAINED": "0",
                "RAFTD_RAFT_SNAPSHOT_CHUNK_BYTES": "4KiB",
            ]
        }

        @Test(
            "A node that was away for longer than the log reaches catches up, killed once more in between (S2, S5, S6)")
        func catchesUp() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            for id in 1...3 { cluster.environment[id] = environment() }
            try cluster.startAll()
            _ = try await cluster.leader()
            let client = try cluster.client(timeout: .seconds(20))
            _ = try await client.put("before", "1")
            await cluster.kill(3)
            let value = String(repeating: "x", count: 1000)
            for number in 0..<1000 { _ = try await client.put("key-\(number % 300)", "\(number) \(value)") }
            let leader = try await cluster.leader(among: [1, 2])
            let purged = try #require(try await cluster.status(of: leader)).purgedIndex
            #expect(purged > 500)
            try cluster.start(3)
            _ = try await poll("node 3 is being sent a snapshot, or has it") {
                cluster.log(of: 3).contains("takes the place of the log") ? true : nil
            }
            await cluster.kill(3)
            for number in 1000..<1100 { _ = try await client.put("key-\(number % 300)", "\(number) \(value)") }
            try cluster.start(3)
            let target = try #require(try await cluster.status(of: leader)).commitIndex
            _ = try await poll("node 3 has applied all of it") {
                try await cluster.status(of: 3).flatMap { $0.appliedIndex >= target ? true : nil }
            }
            let exact = try cluster.client([3], followsLeader: false)
            for number in [0, 99, 299] {
                let last = (0..<1100).last { $0 % 300 == number } ?? 0
                let found = try await exact.get("key-\(number)", consistency: .stale)
                #expect(found?.hasPrefix("\(last) ") == true)
            }
            #expect(try await exact.get("before", consistency: .stale) == "1")
            await exact.close()
            await client.close()
            isGood = true
        }

        @Test("raftctl takes snapshots and compacts, on the leader and on a node that is named")
        func byHand() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            let leader = try await cluster.leader()
            let client = try cluster.client(timeout: .seconds(20))
            for number in 0..<50 { _ = try await client.put("key-\(number)", "value") }
            let endpoints = (1...3).flatMap { ["--endpoint", cluster.clientAddress($0)] }
            let taken = try await Ran.program("raftctl", endpoints + ["snapshot"])
            #expect(taken.code == 0 && taken.output.contains("the log begins after entry 0"), "\(taken.error)")
            let other = leader % 3 + 1
            let written = try await client.put("key-0", "value")
            // What it has applied is what it can drop.
            _ = try await poll("node \(other) has applied it") {
                try await cluster.status(of: other).flatMap { $0.appliedIndex >= written ? true : nil }
            }
            let compacted = try await Ran.program(
                "raftctl",
                ["--endpoint", cluster.clientAddress(other), "--no-follow", "compact", "--output", "json"])
            #expect(compacted.code == 0 && compacted.output.contains("purgedIndex"), "\(compacted.error)")
            let status = try #require(try await cluster.status(of: other))
            #expect(status.purgedIndex > 40 && status.snapshotIndex == status.purgedIndex)
            #expect(try #require(try await cluster.status(of: leader)).purgedIndex == 0)
            await cluster.kill(other)
            let inspected = try await Ran.program("raftd", ["inspect", cluster.path("\(other)").path])
            #expect(inspected.code == 0 && inspected.output.contains("snapshot"), "\(inspected.output)")
            try cluster.start(other)
            let target = try #require(try await cluster.status(of: leader)).commitIndex
            _ = try await poll("the compacted node is back") {
                try await cluster.status(of: other).flatMap { $0.appliedIndex >= target ? true : nil }
            }
            await client.close()
            isGood = true
        }
    }
}
