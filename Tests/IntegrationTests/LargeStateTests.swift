import Foundation
import RaftClient
import RaftCore
import RaftMembership
import Testing

/// A gibibyte of state is built, streamed and installed while clients work. Minutes, and four gibibytes of disk, so only
/// when it is asked for: `make large`.
extension RealProcesses {
    @Suite(
        "Real processes, a large state", .serialized,
        .enabled(if: ProcessInfo.processInfo.environment["RAFT_LARGE"] != nil))
    struct LargeStateTests {
        static let mebibyte = 1 << 20
        static let valueBytes = 64 << 10
        static let count = (1 << 30) / valueBytes

        @Test("1 GiB is built, streamed, cut in the middle, resumed and installed without an election (S5, S6, S7)")
        func gibibyte() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            for id in 1...3 {
                cluster.environment[id] = [
                    "RAFTD_RAFT_SNAPSHOT_ENTRIES": "0", "RAFTD_RAFT_SNAPSHOT_BYTES": "0",
                    "RAFTD_RAFT_SNAPSHOT_RETAINED": "0", "RAFTD_RAFT_SNAPSHOT_PINNED": "0",
                ]
            }
            try cluster.startAll()
            let leader = try await cluster.leader()
            let away = leader % 3 + 1
            await cluster.kill(away)
            let client = try cluster.client(timeout: .seconds(60))
            try await fill(client)
            let before = try #require(try await cluster.status(of: leader))
            let load = Task { try await keepWriting(client) }

            let building = MemoryWatch(cluster, leader)
            for id in 1...3 where id != away {
                let exact = try cluster.client([id], followsLeader: false, timeout: .seconds(180))
                let (snapshot, _) = try await exact.snapshot(compacting: true)
                #expect(snapshot.size > 1 << 30)
                await exact.close()
            }
            let built = await building.stop()

            try cluster.start(away)
            let sending = MemoryWatch(cluster, leader)
            let received = try await poll("a third of the body is there", within: 120) {
                part(of: cluster, away).flatMap { $0 > (1 << 30) / 3 ? $0 : nil }
            }
            await cluster.kill(away)
            let kept = try #require(part(of: cluster, away))
            #expect(kept >= received)
            try cluster.start(away)
            let installing = MemoryWatch(cluster, away)
            let lowest = LowestPart()
            let target = try #require(try await cluster.status(of: leader)).commitIndex
            _ = try await poll("the state is installed", within: 240) {
                if let size = part(of: cluster, away) { lowest.note(size) }
                return try await cluster.status(of: away).flatMap { $0.appliedIndex >= target ? true : nil }
            }
            // It went on where it was: the part was never shorter again.
            #expect(lowest.value ?? 0 >= kept)
            let installed = await installing.stop()
            let sent = await sending.stop()
            load.cancel()
            let writes = try await load.value
            let after = try #require(try await cluster.status(of: leader))
            #expect(after.term == before.term && after.role == "leader")
            print(
                "1 GiB in \(Self.count) values; RssAnon in MiB: building \(built), sending \(sent), installing \(installed); "
                    + "part kept over the cut \(kept / Self.mebibyte) MiB; \(writes) writes meanwhile")
            // Beyond the state itself, which each side holds at the end.
            #expect(built.peak - built.first < 64)
            #expect(sent.peak - sent.first < 64)
            #expect(installed.peak - installed.last < 64)
            await client.close()
            isGood = true
        }

        private func fill(_ client: RaftClient) async throws {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for worker in 0..<16 {
                    group.addTask {
                        for number in stride(from: worker, to: Self.count, by: 16) {
                            _ = try await client.put("large-\(number)", Self.value(number))
                        }
                    }
                }
                try await group.waitForAll()
            }
        }

        private static func value(_ number: Int) -> String {
            let word = "\(number)-"
            return String(String(repeating: word, count: valueBytes / word.utf8.count + 1).prefix(valueBytes))
        }

        /// - Returns: how many writes were acknowledged.
        private func keepWriting(_ client: RaftClient) async throws -> Int {
            var count = 0
            while !Task.isCancelled {
                do {
                    _ = try await client.put("load-\(count % 100)", "\(count)")
                    count += 1
                } catch  where Task.isCancelled {
                    break
                }
            }
            return count
        }

        /// Bytes of the body that is being received.
        private func part(of cluster: ProcessCluster, _ id: Int) -> Int? {
            let directory = cluster.path("\(id)").path
            let names = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
            guard let name = names.first(where: { $0.hasSuffix(".part") }) else { return nil }
            let attributes = try? FileManager.default.attributesOfItem(atPath: "\(directory)/\(name)")
            return (attributes?[.size] as? NSNumber)?.intValue
        }
    }
}

private final class LowestPart {
    private(set) var value: Int?
    func note(_ size: Int) { value = min(value ?? .max, size) }
}

/// Anonymous resident memory of a node, in MiB, looked at all the time.
private struct MemoryWatch {
    struct Seen: CustomStringConvertible, Sendable {
        var first = 0
        var peak = 0
        var last = 0
        var description: String { "\(first)…\(last), at most \(peak)" }
    }

    private let task: Task<Seen, Never>

    init(_ cluster: ProcessCluster, _ id: Int) {
        let process = cluster.nodes[id]?.process.processIdentifier ?? 0
        task = Task {
            var seen = Seen()
            while !Task.isCancelled {
                if let size = Self.anonymous(process) {
                    if seen.first == 0 { seen.first = size }
                    seen.peak = max(seen.peak, size)
                    seen.last = size
                }
                // Between two samples; nothing waits for it.
                try? await Task.sleep(for: .milliseconds(10))
            }
            return seen
        }
    }

    func stop() async -> Seen {
        task.cancel()
        return await task.value
    }

    private static func anonymous(_ process: Int32) -> Int? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") })
        else { return nil }
        return line.split(separator: " ").compactMap { Int($0) }.first.map { $0 / 1024 }
    }
}
