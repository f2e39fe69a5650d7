import Foundation
import RaftClient
import Testing

/// Two full members and a witness, as processes: what the witness is for, and what it is not.
extension RealProcesses {
    @Suite("Real processes, one of them a witness", .serialized)
    struct WitnessTests {
        private func raftctl(_ cluster: ProcessCluster, _ ids: [Int], _ arguments: String...) async throws -> Ran {
            try await Ran.program(
                "raftctl", ids.flatMap { ["--endpoint", cluster.clientAddress($0)] } + arguments)
        }

        /// Nodes 1 and 2 full, 4 a witness, 3 gone.
        private func makeCluster() async throws -> ProcessCluster {
            let cluster = try ProcessCluster()
            try cluster.startAll()
            _ = try await cluster.leader()
            try cluster.startSpare(4)
            for arguments in [["add", "4=\(cluster.peerAddress(4))", "--witness"], ["remove", "3"]] {
                var ran: Ran
                var attempts = 0
                repeat {
                    ran = try await Ran.program(
                        "raftctl", ["--endpoint", cluster.clientAddress(1), "member"] + arguments)
                    attempts += 1
                    // Half of the quorum has just come back: on a busy machine the leader may lose it once more.
                } while ran.code == 5 && attempts < 20
                #expect(ran.code == 0 || attempts > 1 && ran.code == 4, "\(ran.error)")
            }
            await cluster.kill(3)
            return cluster
        }

        /// Whether the witness knows as much as the leader.
        private func isUpToDate(_ cluster: ProcessCluster, _ leader: Int) async throws -> Bool {
            guard let leading = try await cluster.status(of: leader), let status = try await cluster.status(of: 4)
            else {
                return false
            }
            return status.role == "witness" && status.commitIndex == leading.commitIndex
                && status.appliedIndex == leading.commitIndex
        }

        @Test("With a witness the cluster outlives either full member, and the witness has nothing to read (X2, X3)")
        func survives() async throws {
            let cluster = try await makeCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let secret = "a value that no witness keeps"
            for round in 1...3 {
                let leader = try await cluster.leader(among: [1, 2])
                let other = 3 - leader
                await cluster.kill(leader)
                let put = try await raftctl(cluster, [other, 4], "put", "key\(round)", secret)
                #expect(put.code == 0, "\(put.error)")
                let got = try await raftctl(cluster, [4, other], "get", "key\(round)")
                #expect(got.output == secret, "\(got.error)")
                // Until it is back with all that there is, the other has the only full copy (rule X4).
                try cluster.start(leader)
                _ = try await poll("node \(leader) has caught up") {
                    let leading = try await cluster.status(of: other)
                    return try await cluster.status(of: leader)?.commitIndex == leading?.commitIndex ? true : nil
                }
            }
            let leader = try await cluster.leader(among: [1, 2])
            _ = try await poll("the witness has all that there is") {
                try await isUpToDate(cluster, leader) ? true : nil
            }
            let refused = try await raftctl(cluster, [4], "--no-follow", "get", "key1", "--consistency", "stale")
            #expect(refused.code == 3 && refused.complains(of: "is a witness"), "\(refused)")
            // A backup of it would be one of nothing.
            let file = cluster.path("backup").path
            let empty = try await raftctl(cluster, [4], "--no-follow", "backup", file, "--stale")
            #expect(empty.code == 3 && empty.complains(of: "is a witness"), "\(empty)")
            #expect(!FileManager.default.fileExists(atPath: file))
            // Asked first of several, it leads on to one with a state.
            let stale = try await raftctl(cluster, [4, 1, 2], "backup", file, "--stale")
            #expect(stale.code == 0, "\(stale)")
            let handed = try await raftctl(cluster, [1, 2], "transfer-leader", "4")
            #expect(handed.code == 1 && handed.complains(of: "witness"))
            // Behind a snapshot of the leader's it goes on from a position.
            await cluster.kill(4)
            for number in 1...20 {
                let put = try await raftctl(cluster, [1, 2], "put", "more\(number)", secret)
                #expect(put.code == 0, "\(put.error)")
            }
            for id in [1, 2] {
                let compacted = try await raftctl(cluster, [id], "--no-follow", "compact")
                #expect(compacted.code == 0, "\(compacted.error)")
            }
            try cluster.start(4)
            _ = try await poll("the witness is up to date again") {
                try await isUpToDate(cluster, leader) ? true : nil
            }
            await cluster.kill(4)
            let files = try FileManager.default.contentsOfDirectory(
                at: cluster.path("4"), includingPropertiesForKeys: nil)
            for file in files where !file.hasDirectoryPath {
                #expect(try Data(contentsOf: file).range(of: Data(secret.utf8)) == nil, "\(file.lastPathComponent)")
            }
            let inspected = try await Ran.program("raftd", ["inspect", cluster.path("4").path])
            #expect(inspected.code == 0, "\(inspected)")
            isGood = true
        }

        @Test("Without a full copy in each quorum, and on another's data, nothing goes on, in one line (X1, X2, X4)")
        func refusals() async throws {
            let cluster = try await makeCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let put = try await raftctl(cluster, [1, 2], "put", "key", "value")
            #expect(put.code == 0, "\(put.error)")
            let only = try await raftctl(cluster, [1, 2], "member", "change", "1", "4")
            #expect(only.code == 0, "\(only.error)")
            let alone = try await raftctl(cluster, [1], "member", "change", "4")
            #expect(alone.code == 4 && alone.complains(of: "fewer than a majority"), "\(alone)")
            let status = try #require(try await cluster.status(of: 1))
            let cluster1 = try #require(status.cluster)
            await cluster.kill(4)
            let recovered = try await Ran.program(
                "raftd",
                ["recover", "--config", cluster.path("4.yaml").path, "--survivor", "4", "--confirm", "\(cluster1)"])
            #expect(recovered.code != 0 && recovered.complains(of: "witness"), "\(recovered)")
            try cluster.start(4)
            // Removed, and added as what its data are not.
            for arguments in [["remove", "4"], ["add", "4=\(cluster.peerAddress(4))", "--learner"]] {
                let ran = try await Ran.program(
                    "raftctl", ["--endpoint", cluster.clientAddress(1), "member"] + arguments)
                #expect(ran.code == 0, "\(ran.error)")
            }
            _ = try await poll("node 4 has stopped itself") {
                cluster.log(of: 4).contains("empty its data directory") ? true : nil
            }
            #expect(await cluster.nodes[4]?.waitForExit() == 70)
            // Emptied, it comes back as what it was added as, and now holds what it is asked for.
            try FileManager.default.moveItem(at: cluster.path("4"), to: cluster.path("4.former"))
            try cluster.start(4)
            _ = try await poll("node 4 is a learner that has all there is") {
                guard let own = try await cluster.status(of: 4), let leading = try await cluster.status(of: 1) else {
                    return Bool?.none
                }
                return own.role == "learner" && own.appliedIndex == leading.commitIndex ? true : nil
            }
            let got = try await raftctl(cluster, [4], "--no-follow", "get", "key", "--consistency", "stale")
            #expect(got.output == "value", "\(got)")
            isGood = true
        }
    }
}
