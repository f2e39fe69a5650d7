import Foundation
import RaftClient
import Testing

extension RealProcesses {
    @Suite("One write's trace goes through four processes", .serialized)
    struct SpanTests {
        private func cluster(_ spans: String) throws -> ProcessCluster {
            let cluster = try ProcessCluster()
            for id in cluster.ids {
                cluster.environment[id] = ["RAFTD_TRACING_SPANS": spans]
                if spans == "otlp" {
                    cluster.environment[id]?["RAFTD_TRACING_SPANS_FILE"] = cluster.path("\(id).spans").path
                }
            }
            try cluster.startAll()
            return cluster
        }

        @Test("raftctl begins it, every node records its part, and raftd spans shows one tree")
        func file() async throws {
            let cluster = try cluster("otlp")
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            let leader = try await cluster.leader()
            let endpoints = cluster.ids.flatMap { ["--endpoint", cluster.clientAddress($0)] }
            let own = cluster.path("client.spans").path
            let put = try await Ran.program("raftctl", endpoints + ["--spans", own, "put", "key", "value"])
            #expect(put.code == 0, "\(put)")
            let trace = try #require(put.error.firstMatch(of: /^trace ([0-9a-f]{32})\n/)).output.1
            let files = [own] + cluster.ids.map { cluster.path("\($0).spans").path }
            let shown = try await poll("every machine has applied it") {
                let shown = try await Ran.program("raftd", ["spans", "--trace", String(trace)] + files)
                let index = shown.output.firstMatch(of: /raft\.serve index=(\d+) message=proposeInSession/)?.output.1
                let applied = shown.output.matches(of: /raft\.apply index=(\d+)/).map(\.output.1)
                let sent = shown.output.split(separator: "\n").count {
                    $0.contains("raft.replicate") && $0.contains("raftd \(leader) ")
                }
                return applied.count { $0 == index } == cluster.ids.count && sent >= 2 ? shown.output : nil
            }
            let lines = shown.split(separator: "\n")
            #expect(lines[0].hasPrefix("trace \(trace), "))
            #expect(lines[1].contains("raftctl") && lines[1].contains("raft.command outcome=done"))
            #expect(
                lines.contains {
                    $0.contains("raftctl") && $0.contains("raft.call message=proposeInSession outcome=done")
                }, "\(shown)")
            for id in cluster.ids {
                for name in ["raft.persist", "raft.apply"] {
                    #expect(
                        lines.contains { $0.contains("raftd \(id) ") && $0.contains(name) }, "\(id) \(name) \(shown)")
                }
            }
            // The tree is one: nothing but the command stands at the root.
            let indent = lines[1].firstRange(of: "raft.command").map {
                lines[1].distance(from: lines[1].startIndex, to: $0.lowerBound)
            }
            for line in lines.dropFirst(2) {
                let place = line.firstRange(of: "raft.").map { line.distance(from: line.startIndex, to: $0.lowerBound) }
                #expect((place ?? 0) > (indent ?? .max), "\(shown)")
            }

            // Of commands that ask each node by itself too.
            for command in [["status"], ["metrics"], ["trace"], ["member", "list"]] {
                let asked = try await Ran.program("raftctl", endpoints + ["--spans", own] + command)
                let trace = asked.error.firstMatch(of: /^trace ([0-9a-f]{32})\n/)?.output.1
                #expect(asked.code == 0 && trace != nil, "\(asked)")
                let shown = try await Ran.program("raftd", ["spans", "--trace", String(trace ?? ""), own])
                #expect(shown.output.contains("raft.call ") && shown.output.contains("raft.command "), "\(shown)")
            }

            let env = try await Ran.program(
                "raftctl", endpoints + ["put", "key", "other"],
                environment: ["TRACEPARENT": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
            #expect(env.code == 0 && env.error.isEmpty)
            _ = try await poll("the trace of the environment is gone on with") {
                let shown = try await Ran.program(
                    "raftd", ["spans", "--trace", "4bf92f3577b34da6a3ce929d0e0e4736"] + files)
                return shown.output.contains("raft.serve ") ? true : nil
            }
            isGood = true
        }

        @Test("With the sink, spans are records that have their trace; wrong input is one line")
        func records() async throws {
            let cluster = try cluster("sink")
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            _ = try await cluster.leader()
            let endpoints = cluster.ids.flatMap { ["--endpoint", cluster.clientAddress($0)] }
            let put = try await Ran.program(
                "raftctl", endpoints + ["put", "key", "value"],
                environment: ["TRACEPARENT": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"])
            #expect(put.code == 0, "\(put)")
            _ = try await poll("every node has a record") {
                cluster.ids.allSatisfy {
                    cluster.log(of: $0).contains(#""trace.id":"4bf92f3577b34da6a3ce929d0e0e4736""#)
                } ? true : nil
            }
            let wrong = try await Ran.program(
                "raftctl", endpoints + ["put", "key", "none"], environment: ["TRACEPARENT": "00-4bf9-01"])
            #expect(wrong.code == 64 && wrong.error.split(separator: "\n").count == 1, "\(wrong)")
            #expect(wrong.error.contains("TRACEPARENT is “00-4bf9-01”"))
            let missing = try await Ran.program("raftd", ["spans", "/nowhere"])
            #expect(missing.code == 1 && missing.error == "raftd: /nowhere cannot be read\n", "\(missing)")
            let junk = cluster.path("junk").path
            try "{\n".write(toFile: junk, atomically: true, encoding: .utf8)
            let broken = try await Ran.program("raftd", ["spans", junk])
            #expect(broken.code == 1 && broken.error.contains("has no line of OTLP in JSON"), "\(broken)")
            let unwritable = try await Ran.program("raftctl", endpoints + ["--spans", "/nowhere/x", "put", "a", "b"])
            #expect(unwritable.code == 1 && unwritable.error.contains("cannot be written"), "\(unwritable)")
            isGood = true
        }
    }
}
