import Foundation
import RaftClient
import RaftCore
import RaftMembership
import Testing

/// Metrics of real nodes, collected as Prometheus does and as an operator does.
extension RealProcesses {
    @Suite("Real processes, measured", .serialized)
    struct MetricsTests {
        private func cluster() throws -> ProcessCluster {
            let cluster = try ProcessCluster()
            for id in 1...3 { cluster.environment[id] = ["RAFTD_METRICS_LISTEN": "unix:\(socket(cluster, id))"] }
            return cluster
        }

        private func socket(_ cluster: ProcessCluster, _ id: Int) -> String { cluster.path("\(id).m.sock").path }

        /// What every node says, by HTTP.
        private func scrape(_ cluster: ProcessCluster) throws -> [PrometheusExposition] {
            try (1...3).map { id in
                let (head, body) = try HTTPGet.ask("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", at: socket(cluster, id))
                #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(head.contains("\r\nContent-Length: \(body.utf8.count)\r\n"))
                return try PrometheusExposition(body)
            }
        }

        private func sum(_ all: [PrometheusExposition], _ name: String, _ labels: [String: String] = [:]) -> Double {
            all.reduce(0) { $0 + ($1[name, labels] ?? .nan) }
        }

        @Test("Every operation is counted and measured once, and what counts only rises")
        func operations() async throws {
            let cluster = try cluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let client = try cluster.client(timeout: .seconds(20))
            for number in 0..<100 { _ = try await client.put("key-\(number)", "value") }
            for number in 0..<7 { #expect(try await client.get("key-\(number)") == "value") }
            #expect(try await client.get("key-1", consistency: .stale) == "value")
            try await everybodyHasAll(cluster)
            let before = try scrape(cluster)

            // Proposals that another node refused because it does not lead were not accepted there.
            #expect(sum(before, "raft_proposals_accepted_total") == 100)
            #expect(sum(before, "raft_proposals_unknown_total") == 0)
            #expect(sum(before, "raft_propose_to_commit_seconds_count") == 100)
            let proposed = ["request": "propose", "outcome": "done"]
            #expect(sum(before, "raft_client_requests_total", proposed) == 100)
            #expect(sum(before, "raft_reads_total", ["guarantee": "stale"]) == 1)
            #expect(sum(before, "raft_reads_total", ["guarantee": "linearizable"]) >= 7)
            #expect(sum(before, "raft_client_requests_total", ["request": "query", "outcome": "done"]) == 8)
            #expect(sum(before, "raft_role", ["role": "leader"]) == 1)
            #expect(sum(before, "raft_elections_won_total") >= 1)
            for node in before {
                // Nothing but the log made them what they are.
                #expect(node["raft_entries_applied_total"] == node["raft_applied_index"])
                #expect(node["raft_commit_to_apply_seconds_count"] == node["raft_applied_index"])
                #expect(node["raft_batch_entries_sum"] == node["raft_last_index"])
                #expect(try #require(node["raft_storage_commit_seconds_count"]) > 0)
                #expect(try #require(node["raft_storage_commit_seconds_sum"]) > 0)
                #expect(try #require(node["raft_transport_received_bytes_total"]) > 0)
                #expect(node["raft_disk_full"] == 0 && node["raft_failed"] == 0)
            }
            let leader = try #require(before.first { $0["raft_role", ["role": "leader"]] == 1 })
            let own = try #require(leader["raft_leader"])
            for peer in 1...3 where Double(peer) != own {
                let label = ["peer": "\(peer)"]
                #expect(leader["raft_peer_match_index", label] == leader["raft_last_index"])
                #expect(leader["raft_peer_lag_entries", label] == 0)
                #expect(try #require(leader["raft_peer_round_trip_seconds_count", label]) > 0)
            }

            for number in 0..<20 { _ = try await client.put("key-\(number)", "other") }
            try await everybodyHasAll(cluster)
            let after = try scrape(cluster)
            #expect(sum(after, "raft_proposals_accepted_total") == 120)
            #expect(sum(after, "raft_propose_to_commit_seconds_count") == 120)
            for (earlier, later) in zip(before, after) {
                for (series, value) in earlier.rising {
                    #expect(try #require(later.values[series]) >= value, "\(series)")
                }
            }
            await client.close()
            isGood = true
        }

        @Test("raftctl prints the metrics of the node that is named, whoever leads")
        func byHand() async throws {
            let cluster = try cluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            for id in 1...3 {
                // The first endpoint counts.
                let endpoints = [id, id % 3 + 1].flatMap { ["--endpoint", cluster.clientAddress($0)] }
                let ran = try await Ran.program("raftctl", endpoints + ["metrics"])
                #expect(ran.code == 0, "\(ran.error)")
                let metrics = try PrometheusExposition(ran.output)
                let info = try #require(metrics.values.keys.first { $0.name == "raft_info" })
                #expect(info.labels["node"] == "\(id)" && info.labels["cluster"] == "test")
                let names = Set(metrics.types.keys)
                let scraped = try scrape(cluster)[id - 1]
                #expect(names.symmetricDifference(scraped.types.keys).allSatisfy { $0.hasPrefix("raft_peer_") })
            }
            let json = try await Ran.program(
                "raftctl", ["--endpoint", cluster.clientAddress(1), "--output", "json", "metrics"])
            #expect(json.code == 0 && json.output.hasPrefix("{\"format\":\"prometheus-0.0.4\",\"text\":\"# HELP "))
            await cluster.kill(1)
            let gone = try await Ran.program(
                "raftctl",
                ["--endpoint", cluster.clientAddress(1), "--endpoint", cluster.clientAddress(2)]
                    + ["--timeout", "300ms", "metrics"])
            #expect(gone.code == 3 && gone.output.isEmpty, "another node's are not what was asked for")
            isGood = true
        }

        private func everybodyHasAll(_ cluster: ProcessCluster) async throws {
            _ = try await poll("all nodes have applied all of it") { () async throws -> Bool? in
                var indices: Set<LogIndex> = []
                for id in 1...3 {
                    guard let status = try await cluster.status(of: id), status.appliedIndex == status.lastIndex else {
                        return nil
                    }
                    // The leader may not have read yet that a follower has it.
                    if status.role == "leader", status.peers.contains(where: { $0.matchIndex != status.lastIndex }) {
                        return nil
                    }
                    indices.insert(status.appliedIndex)
                }
                return indices.count == 1 ? true : nil
            }
        }
    }
}

/// HTTP as plain as it gets: one request over a Unix domain socket, and what comes until the end.
enum HTTPGet {
    static func ask(_ request: String, at path: String) throws -> (head: String, body: String) {
        guard let descriptor = UnixSocket.connect(to: path) else { throw RelayError("nobody listens at \(path)") }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFL, 0)
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let bytes = Array(request.utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw RelayError("write: \(errno)") }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = read(descriptor, &buffer, buffer.count), count != 0 {
            guard count > 0 else { throw RelayError("read: \(errno)") }
            answer += buffer[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") else { throw RelayError("no HTTP: \(text)") }
        return (String(text[..<end.lowerBound]), String(text[end.upperBound...]))
    }
}
