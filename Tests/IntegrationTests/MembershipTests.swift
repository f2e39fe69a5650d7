import Foundation
import RaftClient
import RaftCore
import RaftMembership
import RaftTesting
import Testing

/// Members come and go while clients work, and none of them notices anything but an unknown outcome here and there.
extension RealProcesses {
    @Suite("Real processes, members changing under load", .serialized)
    struct MembershipTests {
        /// Clients at work on any of these nodes.
        private struct Clients {
            let history = ScenarioHistory()
            let load: RunningLoad
            let clients: [RaftClient]

            init(_ cluster: ProcessCluster, asking ids: [Int], patience: Duration = .seconds(20)) throws {
                var load = ScenarioLoad(seed: UInt64.random(in: 0 ... .max))
                load.readersPerNode = 0
                var clients: [RaftClient] = []
                var working: [(plan: LoadClient, perform: @Sendable (ScenarioOperation) async -> ScenarioOutcome)] = []
                let time = RealTime(patience: patience)
                for plan in load.makeClients(of: []) {
                    let client = try cluster.client(ids, timeout: .seconds(20))
                    clients.append(client)
                    let worker = ScenarioClient(
                        process: plan.process, node: nil, client: client, history: history, time: time,
                        consistency: .linearizable)
                    working.append((plan, { await worker.perform($0) }))
                }
                self.clients = clients
                self.load = RunningLoad(load, working)
            }

            /// Until so many more writes were acknowledged.
            func go(on writes: Int) async throws {
                let mark = history.records.count { $0.operation.isWrite && $0.outcome.isAnswer }
                _ = try await poll("\(writes) more writes are acknowledged") {
                    history.records.count { $0.operation.isWrite && $0.outcome.isAnswer } >= mark + writes ? true : nil
                }
            }

            /// The history is linearizable, and nothing failed but as unknown.
            func stopAndJudge() async throws {
                await load.stop()
                for client in clients { await client.close() }
                let rejected = history.records.compactMap { record in
                    if case .rejected(let why) = record.outcome { why } else { nil }
                }
                #expect(rejected == [])
                let verdict = LinearizabilityChecker().check(history.operations)
                #expect(verdict.isLinearizable, "\(verdict)")
            }
        }

        private func raftctl(_ cluster: ProcessCluster, _ ids: [Int], _ arguments: String...) async throws -> Ran {
            try await Ran.program(
                "raftctl", ids.flatMap { ["--endpoint", cluster.clientAddress($0)] } + arguments)
        }

        @Test("All three members are replaced one after the other under load (M3, M4, M6, W1)")
        func replaceAll() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let everybody = Array(1...6)
            let clients = try Clients(cluster, asking: everybody)
            try await clients.go(on: 100)
            for old in 1...3 {
                let new = old + 3
                try cluster.startSpare(new)
                let added = try await raftctl(
                    cluster, everybody, "member", "add", "\(new)=\(cluster.peerAddress(new))")
                #expect(added.code == 0, "\(added.error)")
                try await clients.go(on: 50)
                let removed = try await raftctl(cluster, everybody, "member", "remove", "\(old)")
                #expect(removed.code == 0, "\(removed.error)")
                _ = try await poll("node \(old) knows that it was removed") {
                    try await cluster.status(of: old)?.role == "removed" ? true : nil
                }
                await cluster.kill(old)
                try await clients.go(on: 50)
            }
            let list = try await raftctl(cluster, [4, 5, 6], "member", "list", "--output", "json")
            #expect(
                list.code == 0
                    && [4, 5, 6].allSatisfy {
                        list.output.contains("\"id\": \($0)") || list.output.contains("\"id\":\($0)")
                    })
            try await clients.stopAndJudge()
            isGood = true
        }

        @Test("What cannot be is refused in one line, and a removed node says what it is (M1, M6, M9)")
        func refusals() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let ids = [1, 2, 3]
            let stranger = try await raftctl(cluster, ids, "member", "remove", "9")
            #expect(stranger.code == 4 && stranger.complains(of: "node 9 is not a member"))
            let twice = try await raftctl(cluster, ids, "member", "add", "2=unix:/tmp/none.sock")
            #expect(twice.code == 4 && twice.complains(of: "node 2 is a member already"))
            let nobody = try await raftctl(cluster, ids, "member", "change")
            #expect(nobody.code == 64)
            let learner = try await raftctl(cluster, ids, "transfer-leader", "8")
            #expect(learner.code == 1 && learner.complains(of: "node 8 is not a member"))
            let removed = try await raftctl(cluster, ids, "member", "remove", "3")
            #expect(removed.code == 0, "\(removed.error)")
            _ = try await poll("node 3 knows that it was removed") {
                try await cluster.status(of: 3)?.role == "removed" ? true : nil
            }
            let put = try await raftctl(cluster, [3], "--no-follow", "put", "k", "v")
            #expect(put.code == 1 && put.complains(of: "removed"))
            // Clients that know of another member go on there.
            let elsewhere = try await raftctl(cluster, [3, 1], "put", "k", "v")
            #expect(elsewhere.code == 0, "\(elsewhere.error)")
            // It may come back with its data.
            let back = try await raftctl(cluster, ids, "member", "add", "3=\(cluster.peerAddress(3))")
            #expect(back.code == 0, "\(back.error)")
            isGood = true
        }

        @Test("A change that was decided upon another membership is refused, and one that was not goes through (M1)")
        func compareAndSet() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let ids = [1, 2, 3, 4]
            // A leader knows its first configuration to be committed a moment after its election.
            func entry() async throws -> String {
                try await poll("the membership is committed") {
                    let list = try await raftctl(cluster, ids, "member", "list")
                    #expect(list.code == 0, "\(list.error)")
                    let last = list.output.split(separator: "\n").last ?? ""
                    #expect(last.hasPrefix("membership "))
                    return last.contains("committed") ? nil : String(last.dropFirst("membership ".count))
                }
            }
            let first = try await entry()
            try cluster.startSpare(4)
            let added = try await raftctl(
                cluster, ids, "member", "add", "4=\(cluster.peerAddress(4))", "--learner", "--expect", first)
            #expect(added.code == 0, "\(added.error)")
            // Whoever has not seen that does not remove anybody.
            let late = try await raftctl(cluster, ids, "member", "remove", "3", "--expect", first)
            #expect(late.code == 4 && late.complains(of: "the membership has changed", first))
            let second = try await entry()
            #expect(second != first)
            let again = try await raftctl(
                cluster, ids, "member", "add", "5=unix:/tmp/none.sock", "--learner", "--expect", first)
            #expect(again.code == 4 && again.complains(of: "the membership has changed"))
            #expect(try await entry() == second)
            let status = try await raftctl(cluster, ids, "status", "--output", "json")
            #expect(status.output.contains("\"membership\":{\"index\":"))
            let promoted = try await raftctl(cluster, ids, "member", "promote", "4", "--expect", second)
            #expect(promoted.code == 0, "\(promoted.error)")
            let changed = try await raftctl(cluster, ids, "member", "change", "1", "2", "3")
            #expect(changed.code == 0, "\(changed.error)")
            isGood = true
        }
    }
}
