import Foundation
import RaftClient
import RaftMembership
import Testing

extension RealProcesses {
    @Suite("Real processes, formed and lost", .serialized)
    struct FormationTests {
        @Test(
            "Two of three nodes that come back empty form no second cluster, and say why (M9)",
            arguments: [[1, 2], [2, 3], [1, 3]])
        func twoOfThreeEmpty(empty: [Int]) async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let client = try cluster.client()
            _ = try await client.put("a", "1")
            let witness = try #require(cluster.ids.first { !empty.contains($0) })
            // Two are enough to begin; the third is told soon after.
            let identity = try await poll("node \(witness) belongs") { try await cluster.status(of: witness)?.cluster }

            for id in empty {
                await cluster.kill(id)
                // An empty volume has no mark either; with one the node would not even start (M10).
                try FileManager.default.removeItem(at: cluster.path("\(id)"))
                try FileManager.default.removeItem(at: cluster.path("\(id).mark"))
            }
            for id in empty { try cluster.start(id) }
            for id in empty {
                _ = try await poll("node \(id) says why it forms no cluster") {
                    cluster.log(of: id).contains("raft.formation.refused") ? true : nil
                }
                #expect(cluster.log(of: id).contains("node \(witness)") && cluster.log(of: id).contains("\(identity)"))
                let status = try #require(try await cluster.status(of: id))
                #expect(status.cluster == nil && status.role != "leader")
            }
            // The one that remembers cannot serve alone, and does not pretend to.
            #expect(try await cluster.status(of: witness)?.cluster == identity)
            let patient = try cluster.client(timeout: .seconds(1))
            await #expect(throws: (any Error).self) { try await patient.get("a") }
            await patient.close()
            await client.close()
            isGood = true
        }

        @Test("A cluster that is stopped and started again keeps its identity and its data (M9, C6)")
        func restartAll() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            let leader = try await cluster.leader()
            let identity = try #require(try await cluster.status(of: leader)?.cluster)
            let client = try cluster.client()
            for number in 1...20 { _ = try await client.put("key\(number)", "\(number)") }
            await client.close()
            for id in cluster.ids {
                cluster.nodes[id]?.signal(SIGTERM)
                #expect(await cluster.nodes[id]?.waitForExit() == 0, "node \(id) ends in peace")
            }
            try cluster.startAll()
            let next = try await cluster.leader()
            #expect(try await cluster.status(of: next)?.cluster == identity)
            let again = try cluster.client()
            #expect(try await again.list("key").count == 20)
            await again.close()
            isGood = true
        }
    }
}
