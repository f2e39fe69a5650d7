import Foundation
import RaftClient
import RaftMembership
import RaftCore
import Testing

/// Each mistake is answered in one line that says what is wrong, where, and what would be right.
extension RealProcesses {
    @Suite("Bad input", .serialized)
    struct BadInputTests {
        @Test(
            "A mistake in the configuration is one line with key, file, line and column",
            arguments: [
                ("node: { id: 1", "node: { id: 0", ["node.id"]),
                ("cluster: test", "clutser: test", ["clutser", "cluster"]),
                ("bootstrap: true", "bootstrap: perhaps", ["bootstrap", "true"]),
                ("module: lmdb", "module: floppy", ["storage.module", "lmdb"]),
                ("level: info", "level: loud", ["tracing.level", "info"]),
                ("tracing:", "raft: { election: 10ms..20ms }\ntracing:", ["election"]),
            ])
        func configuration(find: String, replace: String, words: [String]) async throws {
            let cluster = try ProcessCluster(size: 1)
            defer { cluster.tearDown() }
            let file = cluster.path("1.yaml")
            let text = try String(contentsOf: file, encoding: .utf8).replacingOccurrences(of: find, with: replace)
            try text.write(to: file, atomically: true, encoding: .utf8)
            for command in ["check", "run"] {
                let ran = try await Ran.program("raftd", [command, "--config", file.path])
                #expect(ran.code == 64, "\(ran.error)")
                #expect(ran.error.split(separator: "\n").count == 1, "\(ran.error)")
                for word in words + ["1.yaml"] { #expect(ran.error.contains(word), "\(ran.error)") }
            }
        }

        @Test("A data directory of another node, of another cluster, or in use is refused in one line")
        func foreignDirectory() async throws {
            let cluster = try ProcessCluster(size: 1)
            defer { cluster.tearDown() }
            try cluster.start(1)
            _ = try await cluster.leader()
            let config = cluster.path("1.yaml").path
            let sockets = [
                "--set", "transport.listen=unix:\(cluster.path("x.sock").path)", "--set",
                "clients.listen=unix:\(cluster.path("y.sock").path)", "--set", "bootstrap=false",
            ]
            let locked = try await Ran.program(
                "raftd", ["run", "--config", config, "--set", "tracing.level=critical"] + sockets)
            #expect(locked.code == 1 && locked.complains(of: "in use", cluster.path("1").path), "\(locked)")
            await cluster.kill(1)
            let other = try await Ran.program(
                "raftd", ["run", "--config", config, "--set", "node.id=2", "--set", "tracing.level=critical"] + sockets)
            #expect(other.code == 1 && other.complains(of: "node 1"), "\(other)")
            let elsewhere = try await Ran.program(
                "raftd",
                ["run", "--config", config, "--set", "cluster=prod", "--set", "tracing.level=critical"] + sockets)
            #expect(elsewhere.code == 1 && elsewhere.complains(of: "test", "prod"), "\(elsewhere)")
        }

        @Test("A corrupt LMDB file is refused in one line and never read into a crash (D3)", arguments: [0, 1, 2])
        func corruptFile(kind: Int) async throws {
            let cluster = try ProcessCluster(size: 1)
            defer { cluster.tearDown() }
            try cluster.start(1)
            _ = try await cluster.leader()
            let client = try cluster.client()
            for number in 1...200 { _ = try await client.put("key\(number)", String(repeating: "v", count: 400)) }
            await client.close()
            await cluster.kill(1)
            let file = cluster.path("1/raft.mdb")
            var bytes = try Data(contentsOf: file)
            switch kind {
            case 0: bytes = bytes.prefix(20_000)
            case 1: bytes = Data(repeating: 0x5A, count: bytes.count)
            default:
                // A byte in every value that is found, for some lie in pages that are free.
                let value = Data(repeating: UInt8(ascii: "v"), count: 400)
                var from = bytes.startIndex
                while let at = bytes.range(of: value, in: from..<bytes.endIndex) {
                    bytes[at.lowerBound + 10] ^= 0xFF
                    from = at.upperBound
                }
            }
            try bytes.write(to: file)
            let ran = try await Ran.program(
                "raftd", ["run", "--config", cluster.path("1.yaml").path, "--set", "tracing.level=critical"])
            #expect(ran.code == 1 && ran.complains(of: cluster.path("1").path), "\(ran)")
            let inspected = try await Ran.program("raftd", ["inspect", cluster.path("1").path])
            #expect(inspected.code == 1, "\(inspected)")
        }

        @Test("A stale socket file is taken over, a live one and a foreign file are not")
        func sockets() async throws {
            let cluster = try ProcessCluster(size: 1)
            defer { cluster.tearDown() }
            try cluster.start(1)
            _ = try await cluster.leader()
            // The killed node leaves its socket files behind, and starts again over them.
            await cluster.kill(1)
            #expect(FileManager.default.fileExists(atPath: cluster.path("1.sock").path))
            try cluster.start(1)
            _ = try await cluster.leader()
            let second = try await Ran.program(
                "raftd",
                [
                    "run", "--config", cluster.path("1.yaml").path, "--set", "node.data=\(cluster.path("2").path)",
                    "--set",
                    "tracing.level=critical", "--set", "bootstrap=false",
                ])
            #expect(second.code == 1 && second.complains(of: "in use", "1.sock"), "\(second)")
            // The node is still there for its clients.
            #expect(try await cluster.status(of: 1)?.role == "leader")
            await cluster.kill(1)
            try FileManager.default.removeItem(at: cluster.path("1.sock"))
            try Data("precious".utf8).write(to: cluster.path("1.sock"))
            let third = try await Ran.program(
                "raftd", ["run", "--config", cluster.path("1.yaml").path, "--set", "tracing.level=critical"])
            #expect(third.code == 1 && third.complains(of: "1.sock"), "\(third)")
            #expect(try Data(contentsOf: cluster.path("1.sock")) == Data("precious".utf8))
        }

        @Test("Garbage, half a frame and a 1 GiB length on either socket harm nobody (N2, V15)")
        func garbage() async throws {
            let cluster = try ProcessCluster(size: 1)
            var isGood = false
            defer { cluster.tearDown(keepFiles: !isGood) }
            try cluster.start(1)
            _ = try await cluster.leader()
            var random = Seeded(state: 7)
            let noise = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &random) }
            let gibibyte: [UInt8] = [0, 0, 0, 0x40] + [UInt8](repeating: 0, count: 64)
            for name in ["1.sock", "1.client.sock"] {
                for bytes in [noise, [0x10, 0, 0, 0, 1, 2], gibibyte, []] {
                    try Socket.send(bytes, to: cluster.path(name).path)
                }
            }
            let client = try cluster.client()
            _ = try await client.put("still", "here")
            #expect(try await client.get("still") == "here")
            await client.close()
            #expect(cluster.nodes[1]?.isRunning == true)
            isGood = true
        }

        @Test("A value over the limit, a usage error, a missing key and an absent node have their exit codes")
        func exitCodes() async throws {
            let cluster = try ProcessCluster(size: 1)
            defer { cluster.tearDown() }
            try cluster.start(1)
            _ = try await cluster.leader()
            let at = ["--endpoint", cluster.clientAddress(1)]
            func ctl(_ arguments: [String], input: String? = nil) async throws -> Ran {
                try await Ran.program("raftctl", at + arguments, input: input)
            }
            #expect(try await ctl(["put", "a", "1"]).code == 0)
            #expect(try await ctl(["get", "a"]).output == "1")
            let binary = "line\nend"
            #expect(try await ctl(["put", "b", "-"], input: binary).code == 0)
            #expect(try await ctl(["get", "b"]).output == binary)
            #expect(try await ctl(["cas", "a", "1", "2"]).code == 0)
            #expect(try await ctl(["cas", "a", "1", "3"]).code == 4)
            #expect(try await ctl(["get", "missing"]).code == 2)
            #expect(try await ctl(["delete", "a"]).code == 0)
            #expect(try await ctl(["delete", "a"]).code == 2)
            let large = try await ctl(["put", "big", "-"], input: String(repeating: "x", count: 2 << 20))
            #expect(large.code != 0 && large.complains(of: "1048576"), "\(large)")
            #expect(try await ctl(["frobnicate"]).code == 64)
            #expect(try await ctl(["put", "only-a-key"]).code == 64)
            // Not taken for a call for help.
            #expect(try await ctl(["put", "t", "-5h"]).code == 64)
            #expect(try await ctl(["put", "--", "t", "-5h"]).code == 0)
            await cluster.kill(1)
            let absent = try await ctl(["--timeout", "500ms", "get", "b"])
            #expect(absent.code == 3 && absent.error.split(separator: "\n").count == 1, "\(absent)")
        }
    }
}

/// A raw Unix socket, to say what no client would.
enum Socket {
    static func send(_ bytes: [UInt8], to path: String) throws {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix(107)) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(connected == 0)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        shutdown(descriptor, Int32(SHUT_WR))
        // Until the node has closed its end, or a second has passed.
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var buffer = [UInt8](repeating: 0, count: 4096)
        while read(descriptor, &buffer, buffer.count) > 0 {}
    }
}
