import Foundation
import RaftClient
import RaftCore
import RaftMembership
import Synchronization
import Testing

/// Processes that are killed at any moment lose nothing that was acknowledged.
extension RealProcesses {
    @Suite("Real processes, killed", .serialized)
    struct CrashTests {
        /// What the writers were told.
        private struct Ledger: Sendable {
            var acknowledged: [String: LogIndex] = [:]
            var rejected: Set<String> = []
            var unknown: Set<String> = []
            var isStopped = false
        }

        @Test("Twenty nodes killed under load, ten of them leaders, lose no acknowledged write (D1, V1, W1, C4)")
        func killUnderLoad() async throws {
            let seed =
                UInt64(ProcessInfo.processInfo.environment["RAFT_SEED"] ?? "") ?? UInt64.random(in: 0...UInt64.max)
            var random = Seeded(state: seed)
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()

            let ledger = Ledgers(Ledger())
            let writers = 8
            let endpoints = try cluster.ids.map { try RaftAddress(cluster.clientAddress($0)) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<writers {
                    group.addTask {
                        let client = RaftClient(endpoints: endpoints, timeout: .seconds(10))
                        var number = 0
                        while !ledger.value.withLock({ $0.isStopped }) {
                            number += 1
                            let key = "w\(writer)/\(number)"
                            do {
                                let index = try await client.put(key, "\(number)")
                                ledger.value.withLock { $0.acknowledged[key] = index }
                            } catch let error as RaftClientError {
                                ledger.value.withLock { known -> Void in
                                    if error.outcome == .rejected {
                                        known.rejected.insert(key)
                                    } else {
                                        known.unknown.insert(key)
                                    }
                                }
                            }
                        }
                        await client.close()
                    }
                }
                var leadersKilled = 0
                for round in 1...20 {
                    let mark = ledger.value.withLock { $0.acknowledged.count }
                    _ = try await poll("writes go on in round \(round)") {
                        ledger.value.withLock { $0.acknowledged.count } > mark + 50 ? true : nil
                    }
                    let leader = try await cluster.leader()
                    let mustBeLeader = 10 - leadersKilled >= 21 - round
                    let victim = mustBeLeader || random.next() % 3 > 0 ? leader : cluster.ids[Int(random.next() % 3)]
                    if victim == leader { leadersKilled += 1 }
                    await cluster.kill(victim)
                    if random.next() % 2 == 0 {
                        _ = try await cluster.leader(among: cluster.ids.filter { $0 != victim })
                    }
                    try cluster.start(victim)
                }
                #expect(leadersKilled >= 10)
                ledger.value.withLock { $0.isStopped = true }
                try await group.waitForAll()
            }

            let told = ledger.value.withLock { $0 }
            let client = try cluster.client(timeout: .seconds(30))
            let found = try await client.list("w")
            await client.close()
            // Every acknowledged write is there, with its value, and each writer's in the order of the log.
            for (key, _) in told.acknowledged {
                let number = try #require(key.split(separator: "/").last)
                #expect(found[key] == String(number), "\(key), seed \(seed), files in \(cluster.directory.path)")
            }
            for writer in 0..<writers {
                let prefix = "w\(writer)/"
                let indices = told.acknowledged.filter { $0.key.hasPrefix(prefix) }
                    .map { (Int($0.key.dropFirst(prefix.count)) ?? 0, $0.value) }.sorted { $0.0 < $1.0 }.map(\.1)
                #expect(zip(indices, indices.dropFirst()).allSatisfy { $0 < $1 }, "order of writer \(writer)")
            }
            #expect(
                Set(told.acknowledged.values).count == told.acknowledged.count, "each write has an index of its own")
            // What was rejected was never appended; whatever is there was acknowledged or unknown.
            for key in told.rejected { #expect(found[key] == nil, "\(key) was rejected and is there") }
            for key in found.keys {
                #expect(told.acknowledged[key] != nil || told.unknown.contains(key), "\(key) was never proposed")
            }
            try expectOneLeaderATerm(cluster)
            print(
                "acknowledged \(told.acknowledged.count), rejected \(told.rejected.count), unknown \(told.unknown.count), "
                    + "seed \(seed)")
            isGood = true
        }

        /// From what the nodes themselves recorded, over all their lives (§5.2, election safety).
        private func expectOneLeaderATerm(_ cluster: ProcessCluster) throws {
            var leaders: [Int: Set<Int>] = [:]
            for id in cluster.ids {
                for line in cluster.log(of: id).split(separator: "\n") where line.contains("raft.role.changed") {
                    guard let event = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                        event["raft.role"] as? String == "leader", let term = event["raft.term"] as? Int
                    else { continue }
                    leaders[term, default: []].insert(id)
                }
            }
            #expect(leaders.count >= 10, "leaders were recorded")
            for (term, ids) in leaders { #expect(ids.count == 1, "nodes \(ids) led term \(term)") }
        }

        private final class Ledgers: Sendable {
            let value: Mutex<Ledger>
            init(_ ledger: Ledger) { value = Mutex(ledger) }
        }
    }
}

struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
