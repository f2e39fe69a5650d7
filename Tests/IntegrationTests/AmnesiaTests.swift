import Foundation
import RaftClient
import RaftMembership
import Testing

/// Rule M10 with real processes and directories.
extension RealProcesses {
    @Suite("Real processes with data that is not what it was", .serialized)
    struct AmnesiaTests {
        /// A formed cluster, the node that will lose its data, and the others.
        private func prepare() async throws -> (ProcessCluster, victim: Int, others: [Int]) {
            let cluster = try ProcessCluster()
            try cluster.startAll()
            let leader = try await cluster.leader()
            let victim = try #require(cluster.ids.first { $0 != leader })
            try await fill(cluster, "first")
            return (cluster, victim, cluster.ids.filter { $0 != victim })
        }

        private func fill(_ cluster: ProcessCluster, _ prefix: String, through ids: [Int]? = nil) async throws {
            let client = try cluster.client(ids)
            for number in 1...10 { _ = try await client.put("\(prefix)/\(number)", "\(number)") }
            await client.close()
        }

        private func stop(_ cluster: ProcessCluster, _ id: Int) async {
            cluster.nodes[id]?.signal(SIGTERM)
            #expect(await cluster.nodes[id]?.waitForExit() == 0)
        }

        /// Starts node `id`, which is taken in again as a learner; what it said.
        private func explanation(
            _ cluster: ProcessCluster, _ id: Int, with others: [Int]
        ) async throws -> String {
            let before = cluster.log(of: id).count
            try cluster.start(id)
            _ = try await poll("node \(id) is a learner that has all there is") { () -> Bool? in
                guard let own = try await cluster.status(of: id), own.role == "learner" else { return nil }
                guard let theirs = try await cluster.status(of: others[0]) else { return nil }
                return own.appliedIndex == theirs.commitIndex ? true : nil
            }
            return String(cluster.log(of: id).dropFirst(before))
        }

        private func promote(_ cluster: ProcessCluster, _ id: Int, through others: [Int]) async throws {
            let client = try cluster.client(others)
            _ = try await client.change([.promote(NodeID(UInt64(id)))])
            await client.close()
        }

        private func goOn(_ cluster: ProcessCluster, _ others: [Int], _ prefix: String) async throws {
            _ = try await cluster.leader(among: others)
            try await fill(cluster, prefix, through: others)
            let client = try cluster.client(others)
            #expect(try await client.list("first/").count == 10)
            await client.close()
        }

        private func catchesUp(_ cluster: ProcessCluster, _ id: Int, with other: Int) async throws {
            _ = try await poll("node \(id) catches up") { () -> Bool? in
                guard let own = try await cluster.status(of: id), let theirs = try await cluster.status(of: other)
                else {
                    return nil
                }
                return own.appliedIndex == theirs.commitIndex && own.appliedIndex > .zero ? true : nil
            }
        }

        @Test(
            "Who starts on an older copy, or on an emptied directory, says so and comes back as a learner (M10)"
        )
        func putBack() async throws {
            let (cluster, victim, others) = try await prepare()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let files = FileManager.default
            let data = cluster.path("\(victim)")

            await stop(cluster, victim)
            try files.copyItem(at: data, to: cluster.path("copy"))
            try cluster.start(victim)
            try await fill(cluster, "second")
            try await catchesUp(cluster, victim, with: others[0])
            await stop(cluster, victim)
            try files.moveItem(at: data, to: cluster.path("latest"))

            try files.copyItem(at: cluster.path("copy"), to: data)
            let older = try await explanation(cluster, victim, with: others)
            #expect(older.contains("the data is older than it was"), "\(older)")
            #expect(older.contains("\(victim).mark") && older.contains("put back the data"))
            try await goOn(cluster, others, "third")
            try await promote(cluster, victim, through: others)

            await stop(cluster, victim)
            try files.removeItem(at: data)
            let emptied = try await explanation(cluster, victim, with: others)
            #expect(emptied.contains("the data directory is empty, but this node has run before"), "\(emptied)")
            try await goOn(cluster, others, "fourth")

            // With the mark it is another server's disk, at the same address.
            await stop(cluster, victim)
            try files.removeItem(at: data)
            try files.removeItem(at: cluster.path("\(victim).mark"))
            _ = try await explanation(cluster, victim, with: others)
            isGood = true
        }

        @Test("Data and mark put back together are found by the members that saw more (M10)")
        func withItsMark() async throws {
            let (cluster, victim, others) = try await prepare()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let files = FileManager.default
            let data = cluster.path("\(victim)")
            let mark = cluster.path("\(victim).mark")

            await stop(cluster, victim)
            try files.copyItem(at: data, to: cluster.path("copy"))
            try files.copyItem(at: mark, to: cluster.path("copy.mark"))
            try cluster.start(victim)
            try await fill(cluster, "second")
            try await catchesUp(cluster, victim, with: others[0])
            await stop(cluster, victim)
            try files.removeItem(at: data)
            try files.removeItem(at: mark)
            try files.moveItem(at: cluster.path("copy"), to: data)
            try files.moveItem(at: cluster.path("copy.mark"), to: mark)

            let before = cluster.log(of: victim).count
            try cluster.start(victim)
            #expect(await cluster.nodes[victim]?.waitForExit() == 70)
            let words = String(cluster.log(of: victim).dropFirst(before))
            #expect(words.contains("raft.node.disowned") && words.contains("another run had that number"), "\(words)")
            #expect(others.contains { cluster.log(of: $0).contains("raft.peer.amnesiac") })
            // As whoever supervises it would.
            _ = try await explanation(cluster, victim, with: others)
            try await goOn(cluster, others, "third")
            isGood = true
        }
    }
}
