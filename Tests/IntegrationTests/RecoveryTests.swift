import Foundation
import RaftClient
import RaftCore
import RaftMembership
import Testing

/// Rule Q1 with real processes: a quorum that is lost for good.
extension RealProcesses {
    @Suite("Real processes whose majority is lost for good", .serialized)
    struct RecoveryTests {
        private func recover(_ cluster: ProcessCluster, _ id: Int, _ arguments: [String]) async throws -> Ran {
            try await Ran.program("raftd", ["recover", "--config", cluster.path("\(id).yaml").path] + arguments)
        }

        private func remove(_ cluster: ProcessCluster, _ id: Int) throws {
            try FileManager.default.removeItem(at: cluster.path("\(id)"))
            try FileManager.default.removeItem(at: cluster.path("\(id).mark"))
        }

        /// Writes for a while, then kills every node: what was acknowledged, by the index it got.
        private func filledAndKilled(_ cluster: ProcessCluster) async throws -> [String: LogIndex] {
            try cluster.startAll()
            _ = try await cluster.leader()
            let client = try cluster.client()
            var written: [String: LogIndex] = [:]
            for number in 1...200 {
                let index = try await client.put("key-\(number)", "\(number)")
                written["key-\(number)"] = index
                // Two of three acknowledge; the one that is to survive must have all but the last.
                guard number == 199 else { continue }
                _ = try await poll("node 3 has all of it on its disk") {
                    try await cluster.status(of: 3).flatMap { $0.appliedIndex >= index ? true : nil }
                }
            }
            for id in cluster.ids { cluster.nodes[id]?.signal(SIGKILL) }
            for id in cluster.ids { await cluster.nodes[id]?.waitForExit() }
            await client.close()
            return written
        }

        private func inspection(_ cluster: ProcessCluster, _ id: Int) async throws -> (cluster: String, last: UInt64) {
            let ran = try await Ran.program(
                "raftd", ["inspect", cluster.path("\(id)").path, "--output", "json"])
            let object = try #require(JSONSerialization.jsonObject(with: Data(ran.output.utf8)) as? [String: Any])
            let group = try #require((object["groups"] as? [[String: Any]])?.first)
            let last = try #require((group["last"] as? [String: Any])?["index"] as? NSNumber)
            let identity = try #require((group["hardState"] as? [String: Any])?["cluster"] as? String)
            return (identity, last.uint64Value)
        }

        @Test(
            "Of three nodes two are lost: recovered, the third has all it held, fresh nodes join, old ones are refused (Q1)",
            arguments: [false, true])
        func lostForGood(compacts: Bool) async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            if compacts {
                for id in 1...3 {
                    cluster.environment[id] = [
                        "RAFTD_RAFT_SNAPSHOT_ENTRIES": "50", "RAFTD_RAFT_SNAPSHOT_RETAINED": "10",
                    ]
                }
            }
            let written = try await filledAndKilled(cluster)
            let (identity, last) = try await inspection(cluster, 3)
            // Node 1 is kept aside, to come back when it should not.
            try FileManager.default.copyItem(at: cluster.path("1"), to: cluster.path("old"))
            try FileManager.default.copyItem(at: cluster.path("1.mark"), to: cluster.path("old.mark"))
            try remove(cluster, 1)
            try remove(cluster, 2)

            let asked = try await recover(cluster, 3, ["--survivor", "3"])
            #expect(asked.code == 64 && asked.complains(of: "nothing was changed", identity), "\(asked.error)")
            #expect(asked.output.contains("may be lost") && asked.output.contains("1, 2"), "\(asked.output)")
            #expect(try await inspection(cluster, 3) == (identity, last))
            let done = try await recover(cluster, 3, ["--survivor", "3", "--confirm", identity])
            #expect(done.code == 0 && done.output.contains("new cluster"), "\(done.error)")
            let again = try await recover(cluster, 3, ["--survivor", "3", "--confirm", identity])
            #expect(again.code == 64 && again.complains(of: "--confirm names \(identity)"), "\(again.error)")

            try cluster.start(3)
            #expect(try await cluster.leader(among: [3]) == 3)
            let client = try cluster.client([3])
            let found = try await client.list("key-")
            for (key, index) in written where index.rawValue <= last { #expect(found[key] != nil, "\(key)") }
            #expect(found.count >= 199)

            // Fresh nodes with the old ids, whose configuration still asks to form a cluster of all three.
            for id in [1, 2] {
                try cluster.start(id)
                let added = try await Ran.program(
                    "raftctl",
                    ["--endpoint", cluster.clientAddress(3), "member", "add", "\(id)=\(cluster.peerAddress(id))"])
                #expect(added.code == 0, "\(added.error)")
            }
            _ = try await client.put("after", "1")
            let target = try #require(try await cluster.status(of: 3)).commitIndex
            for id in [1, 2] {
                _ = try await poll("node \(id) has all of it") {
                    try await cluster.status(of: id).flatMap { $0.appliedIndex >= target ? true : nil }
                }
            }
            let fresh = try cluster.client([1], followsLeader: false)
            #expect(try await fresh.list("key-", consistency: .stale).count == found.count)
            await fresh.close()

            // The old member comes back with its data.
            await cluster.kill(1)
            try remove(cluster, 1)
            try FileManager.default.moveItem(at: cluster.path("old"), to: cluster.path("1"))
            try FileManager.default.moveItem(at: cluster.path("old.mark"), to: cluster.path("1.mark"))
            let before = cluster.log(of: 1).count
            try cluster.start(1)
            _ = try await poll("the old member is told") {
                cluster.log(of: 1).dropFirst(before).contains(identity) && refusal(cluster, identity) != nil
                    ? true : nil
            }
            let term = try #require(try await cluster.status(of: 3)).term
            _ = try await client.put("after", "2")
            #expect(try #require(try await cluster.status(of: 3)).term == term)
            #expect(try await client.get("after") == "2")
            await client.close()
            isGood = true
        }

        /// The line in which a member of the new cluster says that it refuses one of the old.
        private func refusal(_ cluster: ProcessCluster, _ identity: String) -> Substring? {
            for id in [2, 3] {
                for line in cluster.log(of: id).split(separator: "\n")
                where line.contains(identity) && line.contains("cluster") { return line }
            }
            return nil
        }

        @Test("A survivor with more of the log, a running node and damage are refused in one line (Q1)")
        func refused() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let client = try cluster.client()
            let first = try await client.put("first", "1")
            _ = try await poll("node 3 has it") {
                try await cluster.status(of: 3).flatMap { $0.appliedIndex >= first ? true : nil }
            }
            await cluster.kill(3)
            _ = try await cluster.leader(among: [1, 2])
            for number in 1...5 { _ = try await client.put("key-\(number)", "1") }
            await client.close()

            let running = try await recover(cluster, 1, ["--survivor", "1"])
            #expect(running.code == 1 && running.complains(of: "is in use by process"), "\(running.error)")
            for id in [1, 2] { await cluster.kill(id) }
            let (identity, last) = try await inspection(cluster, 3)

            let data = cluster.path("1").path
            let both = ["--survivor", "3", "--survivor", "1=\(data)"]
            let older = try await recover(cluster, 3, both + ["--confirm", identity])
            #expect(older.code == 1 && older.complains(of: "node 1 has more of the log", data), "\(older.error)")
            #expect(try await inspection(cluster, 3) == (identity, last))
            let newest = try await recover(
                cluster, 1, ["--survivor", "1", "--survivor", "3=\(cluster.path("3").path)", "--output", "json"])
            #expect(newest.output.contains(#""isNewer" : false"#) && newest.output.contains(#""isDone" : false"#))

            for (arguments, word) in [
                (["--survivor", "1"], "node 3"), (["--survivor", "3", "--survivor", "9"], "node 9 is no survivor"),
                (["--survivor", "3", "--survivor", "2=\(data)"], "is not the data directory of node 2"),
                (["--survivor", "3", "--address", "nowhere"], "nowhere"),
                (["--survivor", "3", "--confirm", String(repeating: "0", count: 32)], "--confirm names 000"),
            ] {
                let wrong = try await recover(cluster, 3, arguments)
                #expect(wrong.code == 64 && wrong.complains(of: word), "\(arguments): \(wrong.error)")
            }
            for arguments in [[], ["--survivor", "x"], ["--survivor", "3", "--survivor", "3"]] {
                #expect(try await recover(cluster, 3, arguments).code == 64)
            }

            // The mark tells of a later start than the data.
            try FileManager.default.copyItem(at: cluster.path("3"), to: cluster.path("copy"))
            try cluster.start(3)
            _ = try await poll("node 3 runs") { try await cluster.status(of: 3) }
            await cluster.kill(3)
            try FileManager.default.removeItem(at: cluster.path("3"))
            try FileManager.default.moveItem(at: cluster.path("copy"), to: cluster.path("3"))
            let amnesiac = try await recover(cluster, 3, ["--survivor", "3", "--confirm", identity])
            #expect(amnesiac.code == 65 && amnesiac.complains(of: "older than it was", "--accept amnesia"))

            try FileManager.default.copyItem(at: cluster.path("3"), to: cluster.path("keep"))
            let accepted = try await recover(
                cluster, 3, ["--survivor", "3", "--confirm", identity, "--accept", "amnesia"])
            #expect(accepted.code == 0 && accepted.output.contains("new cluster"), "\(accepted.error)")
            try cluster.start(3)
            #expect(try await cluster.leader(among: [3]) == 3)
            await cluster.kill(3)
            try remove(cluster, 3)
            try FileManager.default.moveItem(at: cluster.path("keep"), to: cluster.path("3"))

            let handle = try FileHandle(forUpdating: cluster.path("3").appendingPathComponent("raft.mdb"))
            let bytes = try #require(try handle.readToEnd())
            let place = try #require(bytes.range(of: Data("first".utf8))).lowerBound
            try handle.seek(toOffset: UInt64(place))
            try handle.write(contentsOf: Data("forst".utf8))
            try handle.close()
            let arguments = ["--survivor", "3", "--confirm", identity, "--accept", "amnesia"]
            let damaged = try await recover(cluster, 3, arguments)
            #expect(damaged.code == 1 && damaged.complains(of: "is damaged", "--accept damage"), "\(damaged.error)")
            let cut = try await recover(cluster, 3, arguments + ["--accept", "damage"])
            #expect(cut.code == 0 && cut.output.contains("damaged "), "\(cut.error)")
            isGood = true
        }
    }
}
