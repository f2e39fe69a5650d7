import Foundation
import RaftClient
import RaftCore
import RaftKeyValue
import RaftMembership
import Testing

/// Commands of sessions are applied once, whatever becomes of the process that was asked.
extension RealProcesses {
    @Suite("Real processes and client sessions", .serialized)
    struct SessionTests {
        private static func compareAndSet(_ old: Int, _ new: Int) throws -> [UInt8] {
            try KeyValueCommand.compareAndSet(
                key: Array("counter".utf8), expected: Array("\(old)".utf8), new: Array("\(new)".utf8)
            ).encoded()
        }

        @Test("A leader is killed between commit and answer: the repeated cas is applied once and told so (W4)")
        func killedBeforeTheAnswer() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            let leader = try await cluster.leader()
            let client = try cluster.client(timeout: .seconds(30))
            _ = try await client.put("counter", "1")

            let session = try await client.openSession()
            let call = SessionCall(session: session.id, serial: 1, lowestUnanswered: 1)
            // The first attempt is applied, and its answer goes nowhere: the leader is killed.
            let command = try Self.compareAndSet(1, 2)
            let first = try await client.propose(command, as: call)
            await cluster.kill(leader)
            // Repeated, at whoever leads now. Executed again, it would find 2 and report a mismatch.
            let second = try await client.propose(command, as: call)
            #expect(first.output == second.output && first.index == second.index)
            #expect(try await client.get("counter") == "2")

            // Over a snapshot, a compacted log and a restart of all of them too.
            try cluster.start(leader)
            _ = try await client.snapshot(compacting: true)
            for id in cluster.ids { await cluster.kill(id) }
            try cluster.startAll()
            let third = try await client.propose(command, as: call)
            #expect(first.output == third.output && first.index == third.index)
            await client.close()
            isGood = true
        }

        @Test("Increments through sessions are counted once each, while leaders are killed (W4)", arguments: [3])
        func increments(kills: Int) async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let client = try cluster.client(timeout: .seconds(60))
            let session = client.makeSession()
            _ = try await client.put("counter", "0")
            let counter = Task { () async throws -> Int in
                var value = 0
                while !Task.isCancelled {
                    // Every cas builds on the one before: applied twice or not at all, it would fail.
                    let output = try await session.propose(try Self.compareAndSet(value, value + 1))
                    let answer = try output.withUnsafeBytes { try KeyValueOutput(decoding: $0) }
                    if case .mismatch(let found) = answer {
                        Issue.record("\(value) was expected, \(String(decoding: found ?? [], as: UTF8.self)) is there")
                        break
                    }
                    value += 1
                }
                return value
            }
            for _ in 1...kills {
                let leader = try await cluster.leader()
                let before = try await client.get("counter")
                _ = try await poll("the counter moves") {
                    try await client.get("counter") == before ? nil : true
                }
                await cluster.kill(leader)
                _ = try await cluster.leader(among: cluster.ids.filter { $0 != leader })
                try cluster.start(leader)
            }
            counter.cancel()
            // The call under way ends as cancelled, and may be applied or not.
            let counted = try? await counter.value
            let found = try #require(Int(try await client.get("counter") ?? ""))
            if let counted { #expect(found == counted) }
            // It moved before each of them.
            #expect(found >= kills)
            await client.close()
            isGood = true
        }

        @Test("raftctl cas ends well though the leader is killed under it (W4)")
        func raftctl() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let endpoints = cluster.ids.flatMap { ["--endpoint", cluster.clientAddress($0)] }
            #expect(try await Ran.program("raftctl", endpoints + ["put", "counter", "0"]).code == 0)
            for number in 0..<5 {
                let leader = try await cluster.leader()
                async let ran = Ran.program(
                    "raftctl", endpoints + ["--timeout", "15s", "cas", "counter", "\(number)", "\(number + 1)"])
                cluster.nodes[leader]?.signal(SIGKILL)
                let result = try await ran
                #expect(result.code == 0, "\(result.error)")
                await cluster.kill(leader)
                try cluster.start(leader)
            }
            #expect(try await Ran.program("raftctl", endpoints + ["get", "counter"]).output == "5")
            isGood = true
        }
    }
}
