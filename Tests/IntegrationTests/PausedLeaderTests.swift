import Foundation
import RaftClient
import Testing

extension RealProcesses {
    @Suite("A leader that was asleep", .serialized)
    struct PausedLeaderTests {
        @Test(
            "A leader that was paused while another wrote never answers with the old value, by its lease either (R1, R2, R4)",
            arguments: [ReadConsistency.linearizable, .lease])
        func pausedLeader(_ consistency: ReadConsistency) async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            for round in 1...5 {
                let old = try await cluster.leader()
                let client = try cluster.client()
                _ = try await client.put("x", "old \(round)")
                await client.close()
                // Connections and questions that reach the sleeper before it wakes, and more just after.
                let sleeper = try cluster.client([old], followsLeader: false, timeout: .seconds(5))
                #expect(try await sleeper.get("x", consistency: consistency) == "old \(round)")
                cluster.nodes[old]?.signal(SIGSTOP)
                let others = cluster.ids.filter { $0 != old }
                _ = try await cluster.leader(among: others)
                let writer = try cluster.client(others)
                _ = try await writer.put("x", "new \(round)")
                await writer.close()
                try await withThrowingTaskGroup(of: String?.self) { group in
                    // The group's tasks run at once, so the questions lie in the sleeper's socket when it wakes.
                    for _ in 0..<16 { group.addTask { try? await sleeper.get("x", consistency: consistency) } }
                    _ = try await cluster.status(of: others[0])
                    cluster.nodes[old]?.signal(SIGCONT)
                    for _ in 0..<16 { group.addTask { try? await sleeper.get("x", consistency: consistency) } }
                    for try await answer in group {
                        #expect(answer == nil || answer == "new \(round)", "a stale answer in round \(round)")
                    }
                }
                await sleeper.close()
                let last = try cluster.client()
                #expect(try await last.get("x") == "new \(round)")
                await last.close()
            }
            isGood = true
        }
    }
}
