import Foundation
import RaftClient
import RaftCore
import RaftMembership
import Synchronization
import Testing

/// Nodes that are asked to end do so without anybody noticing.
extension RealProcesses {
    @Suite("Real processes, restarted one after the other", .serialized)
    struct RollingRestartTests {
        private struct Told: Sendable {
            var acknowledged: Set<String> = []
            var failed: [String] = []
            var longest = Duration.zero
            var isStopped = false
        }

        /// What the writers were told.
        private final class Calls: Sendable {
            private let told = Mutex(Told())

            func withLock<Result: Sendable>(_ body: (inout Told) -> Result) -> Result {
                told.withLock { body(&$0) }
            }
        }

        @Test("Under load every call succeeds, and a leader hands over before it ends (T1, W1)")
        func rollingRestart() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            // So long that a busy machine causes no election of its own, which leaves calls unknown.
            for id in cluster.ids { cluster.environment[id] = ["RAFTD_RAFT_ELECTION": "1s..2s"] }
            try cluster.startAll()
            _ = try await cluster.leader()
            let endpoints = try cluster.ids.map { try RaftAddress(cluster.clientAddress($0)) }
            // Commands without a session: a call whose outcome is unknown is not tried again, and counts as failed.
            let calls = Calls()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        let client = RaftClient(endpoints: endpoints, timeout: .seconds(5))
                        let clock = ContinuousClock()
                        var number = 0
                        while !calls.withLock({ $0.isStopped }) {
                            number += 1
                            let key = "w\(writer)/\(number)"
                            let begin = clock.now
                            do {
                                _ = try await client.put(key, "\(number)")
                                calls.withLock { $0.acknowledged.formUnion([key]) }
                            } catch {
                                calls.withLock { $0.failed.append("\(key): \(error)") }
                            }
                            let took = clock.now - begin
                            calls.withLock { $0.longest = max($0.longest, took) }
                        }
                        await client.close()
                    }
                }
                for round in 1...2 {
                    // The leader among them, whoever that is by then.
                    for id in cluster.ids {
                        let mark = calls.withLock { $0.acknowledged.count }
                        _ = try await poll("writes go on in round \(round)") {
                            calls.withLock { $0.acknowledged.count } > mark + 50 ? true : nil
                        }
                        let node = try #require(cluster.nodes[id])
                        node.signal(SIGTERM)
                        #expect(await node.waitForExit() == 0)
                        try cluster.start(id)
                        _ = try await poll("node \(id) has what the leader has") {
                            let leader = try await cluster.leader()
                            if leader == id { return true }
                            let peers = try await cluster.status(of: leader)?.peers ?? []
                            return peers.contains { $0.id.rawValue == UInt64(id) && $0.state == "replicate" }
                                ? true : nil
                        }
                    }
                }
                calls.withLock { $0.isStopped = true }
                try await group.waitForAll()
            }
            let told = calls.withLock { $0 }
            #expect(told.failed.isEmpty, "\(told.failed.prefix(5)), files in \(cluster.directory.path)")
            let client = try cluster.client()
            let found = try await client.list("w")
            await client.close()
            #expect(told.acknowledged.isSubset(of: found.keys))
            #expect(cluster.ids.contains { cluster.log(of: $0).contains("leadership was handed to node") })
            print("\(told.acknowledged.count) calls, the longest took \(told.longest)")
            isGood = true
        }
    }
}
