import Foundation
import RaftClient
import Testing

extension RealProcesses {
    @Suite("What a node recorded is there when it is gone", .serialized)
    struct FlightRecorderTests {
        @Test("After a SIGKILL the recordings of three nodes tell who led when, and why that changed")
        func killed() async throws {
            let cluster = try ProcessCluster()
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            for id in cluster.ids { cluster.environment[id] = ["RUNTIME_DIRECTORY": cluster.directory.path] }
            try cluster.startAll()
            let old = try await cluster.leader()
            let client = try cluster.client()
            for number in 1...20 { _ = try await client.put("key \(number)", "value") }
            await cluster.kill(old)
            let next = try await cluster.leader(among: cluster.ids.filter { $0 != old })
            _ = try await client.put("after", "value")
            await client.close()

            let files = cluster.ids.map { cluster.path("\($0).trace").path }
            let merged = try await Ran.program("raftctl", ["trace", "--merge"] + files)
            #expect(merged.code == 0 && merged.error.isEmpty, "\(merged.error)")
            let lines = merged.output.split(separator: "\n")
            // Every step of the protocol, though the sink's level was info.
            for kind in ["raft.message.sent", "raft.entries.flushed", "raft.commit.advanced", "raft.entries.applied"] {
                #expect(lines.contains { $0.contains(" TRACE \(kind) node=\(old) module=core ") }, "\(kind)")
            }
            #expect(
                lines.contains { $0.contains("raft.request.ended") && $0.contains("message=proposeInSession") }
                    || lines.contains { $0.contains("raft.request.ended") && $0.contains("message=propose") })
            let times = lines.filter { $0.contains(" node=") }.map { $0.prefix(27) }
            #expect(times == times.sorted() && times.count > 200)
            let stories = lines.filter { $0.hasPrefix("term ") }
            #expect(
                stories.contains {
                    $0.contains("node \(old) led for ")
                        && $0.contains("nothing is recorded of it after this; node \(next) led term")
                }, "\(stories)")
            #expect(stories.last?.contains("node \(next) leads since") == true, "\(stories)")

            // Its next process keeps what the one before left.
            try cluster.start(old)
            _ = try await poll("node \(old) answers") { try await cluster.status(of: old) }
            let before = try await Ran.program("raftctl", ["trace", "--merge", files[old - 1] + ".previous"])
            #expect(before.output.contains("raft.leader.elected"))
            isGood = true
        }

        @Test("A level is changed while the node runs, by a call and by a signal, and a recording is read from it")
        func running() async throws {
            let cluster = try ProcessCluster(size: 1)
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.startAll()
            _ = try await cluster.leader()
            let endpoint = ["--endpoint", cluster.clientAddress(1)]
            let shown = try await Ran.program("raftctl", ["trace", "--output", "json"] + endpoint)
            #expect(shown.output.contains(#""node":1"#) && shown.output.contains(#""core":"info""#), "\(shown)")
            #expect(!cluster.log(of: 1).contains("raft.commit.advanced"))
            let set = try await Ran.program("raftctl", ["trace", "--level", "trace", "--module", "core"] + endpoint)
            #expect(set.code == 0 && set.output.contains("core"), "\(set)")
            let client = try cluster.client()
            _ = try await client.put("key", "value")
            await client.close()
            _ = try await poll("the log has the commit") {
                cluster.log(of: 1).contains(#""event":"raft.commit.advanced""#) ? true : nil
            }
            #expect(!cluster.log(of: 1).contains(#""event":"raft.request.ended""#))
            for level in ["debug", "trace", "info"] {
                cluster.nodes[1]?.signal(SIGUSR1)
                _ = try await poll("level \(level)") {
                    let shown = try await Ran.program("raftctl", ["trace", "--output", "json"] + endpoint)
                    return shown.output.contains("\"clients\":\"\(level)\"") ? true : nil
                }
            }
            let saved = try await Ran.program("raftctl", ["trace", "--save", cluster.directory.path] + endpoint)
            #expect(saved.code == 0, "\(saved)")
            let dumped = try await Ran.program("raftctl", ["trace", "--dump"] + endpoint)
            #expect(dumped.output.contains("raft.leader.elected") && dumped.output.contains("node 1 leads since"))
            let merged = try await Ran.program("raftctl", ["trace", "--merge", cluster.path("1.trace").path])
            #expect(merged.output.contains("raft.commit.advanced"))
            for (arguments, word) in [
                (["--merge", "/nowhere/1.trace"], "cannot read /nowhere/1.trace"),
                (["--merge", cluster.path("1.yaml").path], "is no recording"),
                (["--level", "info", "--module", "nothing"] + endpoint, "there is no module “nothing”"),
            ] {
                let wrong = try await Ran.program("raftctl", ["trace"] + arguments)
                #expect(wrong.code != 0 && wrong.complains(of: word), "\(wrong)")
            }
            isGood = true
        }
    }
}
