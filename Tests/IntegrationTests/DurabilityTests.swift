import Foundation
import RaftClient
import RaftCore
import RaftMembership
import Testing

/// SIGKILL keeps the page cache, so it shows nothing of the disk: here a preloaded library holds syncs back, or fails
/// them, LMDB's meta write included.
extension RealProcesses {
    @Suite("Real processes on disks that misbehave", .serialized)
    struct DurabilityTests {
        /// A cluster of one, so that its acknowledgement depends on one disk.
        private struct Bench {
            let cluster: ProcessCluster
            let faults: URL

            init() throws {
                cluster = try ProcessCluster(size: 1)
                faults = cluster.path("faults")
                try FileManager.default.createDirectory(at: faults, withIntermediateDirectories: true)
                let library = cluster.path("faults.so")
                let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
                    .appendingPathComponent("Faults/faults.c")
                let compiler = Process()
                compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-o", library.path, source.path, "-ldl"]
                try compiler.run()
                compiler.waitUntilExit()
                try #require(compiler.terminationStatus == 0, "the fault library compiles")
                cluster.environment[1] = ["LD_PRELOAD": library.path, "RAFT_FAULTS": faults.path]
            }

            func set(_ name: String) throws { try Data().write(to: faults.appendingPathComponent(name)) }
            func clear(_ name: String) throws {
                try FileManager.default.removeItem(at: faults.appendingPathComponent(name))
            }
            var seen: String {
                (try? String(contentsOf: faults.appendingPathComponent("seen"), encoding: .utf8)) ?? ""
            }
        }

        @Test("No acknowledgement leaves while a sync is held back (D1)", arguments: [false, true])
        func heldSync(onlyMeta: Bool) async throws {
            let bench = try Bench()
            var isGood = false
            defer { bench.cluster.tearDown(keepFiles: !isGood) }
            try bench.cluster.start(1)
            _ = try await bench.cluster.leader()
            let client = try bench.cluster.client()
            _ = try await client.put("before", "1")
            if onlyMeta { try bench.set("only-meta") }
            try bench.set("hold")
            async let index = client.put("held", "2")
            _ = try await poll("a sync is held back") { bench.seen.contains("held") ? true : nil }
            #expect(bench.seen.contains(onlyMeta ? "held meta" : "held"))
            // While it is held, the write is accepted and not committed, however often one looks.
            for _ in 0..<20 {
                let status = try #require(try await bench.cluster.status(of: 1))
                #expect(status.commitIndex < status.lastIndex && status.flushedIndex < status.lastIndex)
            }
            let reader = try bench.cluster.client()
            #expect(try await reader.get("held") == nil)
            await reader.close()
            try bench.clear("hold")
            #expect(try await index > .zero)
            #expect(try await client.get("held") == "2")
            await client.close()
            isGood = true
        }

        @Test(
            "A failed sync acknowledges nothing, stops the node, and nothing acknowledged is lost (D2)",
            arguments: [false, true])
        func failedSync(onlyMeta: Bool) async throws {
            let bench = try Bench()
            var isGood = false
            defer { bench.cluster.tearDown(keepFiles: !isGood) }
            try bench.cluster.start(1)
            _ = try await bench.cluster.leader()
            let client = try bench.cluster.client()
            for number in 1...10 { _ = try await client.put("key\(number)", "\(number)") }
            await client.close()
            if onlyMeta { try bench.set("only-meta") }
            try bench.set("fail")
            // Not retried on this client's connection, so its own outcome is what the node says.
            let unlucky = try bench.cluster.client([1], timeout: .seconds(5))
            await #expect(throws: RaftClientError.self) { _ = try await unlucky.put("unlucky", "x") }
            await unlucky.close()
            #expect(bench.seen.contains(onlyMeta ? "failed meta" : "failed"))
            let code = await bench.cluster.nodes[1]?.waitForExit()
            #expect(code != 0, "a node whose disk failed ends with an error")
            #expect(bench.cluster.log(of: 1).contains("raft.storage.failed"))

            try bench.clear("fail")
            if onlyMeta { try bench.clear("only-meta") }
            try bench.cluster.start(1)
            _ = try await bench.cluster.leader()
            let again = try bench.cluster.client()
            #expect(try await again.list("key").count == 10)
            #expect(bench.cluster.log(of: 1).contains("raft.storage.repaired"), "the directory was copied and verified")
            await again.close()
            isGood = true
        }

        @Test("A follower that cannot sync acknowledges nothing: two of three still decide, one does not (L10)")
        func followersHeld() async throws {
            let bench = try Bench()
            defer { bench.cluster.tearDown() }
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            for id in cluster.ids { cluster.environment[id] = bench.cluster.environment[1] }
            for id in cluster.ids {
                let folder = cluster.path("faults-\(id)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                cluster.environment[id]?["RAFT_FAULTS"] = folder.path
            }
            try cluster.startAll()
            let leader = try await cluster.leader()
            let followers = cluster.ids.filter { $0 != leader }
            let client = try cluster.client()
            func hold(_ id: Int) throws { try Data().write(to: cluster.path("faults-\(id)/hold")) }
            func release(_ id: Int) throws { try FileManager.default.removeItem(at: cluster.path("faults-\(id)/hold")) }

            try hold(followers[0])
            _ = try await client.put("with one held", "1")
            try hold(followers[1])
            async let index = client.put("with two held", "2")
            _ = try await poll("both followers hold a sync") {
                followers.allSatisfy {
                    FileManager.default.fileExists(atPath: cluster.path("faults-\($0)/seen").path)
                } ? true : nil
            }
            for _ in 0..<20 {
                let status = try #require(try await cluster.status(of: leader))
                #expect(status.commitIndex < status.lastIndex)
            }
            try release(followers[1])
            #expect(try await index > .zero)
            try release(followers[0])
            await client.close()
            isGood = true
        }
    }
}
