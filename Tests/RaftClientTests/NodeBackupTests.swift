import Glibc
import RaftCore
import RaftKeyValue
import RaftMembership
import RaftTracing
import Synchronization
import Testing

@testable import RaftClient
@testable import RaftNode

@Suite("A node gives backups", .timeLimit(.minutes(1)))
struct NodeBackupTests {
    /// A node that is a cluster of its own, with some keys, and a client of it.
    private func withNode(_ body: (Node, RaftClient, String) async throws -> Void) async throws {
        var template = Array("/tmp/raft.XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        let directory = try #require(made)
        var registry = ModuleRegistry()
        try BuiltinModules.register(into: &registry)
        let configuration = try NodeConfiguration(
            yaml: """
                cluster: test
                node: { id: 1, data: \(directory)/data }
                clients: { listen: ["unix:\(directory)/c"] }
                members: ["1=unix:\(directory)/s"]
                raft: { snapshotRetained: 0 }
                """, path: "node.yaml", registry: registry)
        let node = try await Node.start(configuration: configuration, registry: registry, tracer: .silent)
        try await node.raft.bootstrap([1: "unix:\(directory)/s"])
        let client = RaftClient(endpoints: [try RaftAddress("unix:\(directory)/c")], timeout: .seconds(20))
        try await put(client, 0)
        try await body(node, client, directory)
        await client.close()
        await node.shutdown()
        remove(directory)
    }

    private func remove(_ directory: String) {
        for folder in [directory + "/data", directory] {
            guard let stream = opendir(folder) else { continue }
            while let item = readdir(stream) {
                let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink(folder + "/" + name)
            }
            closedir(stream)
            rmdir(folder)
        }
    }

    private func put(_ client: RaftClient, _ number: UInt8) async throws {
        _ = try await client.propose(try KeyValueCommand.put(key: [number, 1], value: [number]).encoded())
    }

    private func code(_ body: () async throws(RaftClientError) -> some Sendable) async -> RaftClientError.Code? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error.code
        }
    }

    @Test("It has everything acknowledged before, and stays readable while newer snapshots take its place (Q1)")
    func staysReadable() async throws {
        try await withNode { node, client, directory in
            let offer = try await client.beginBackup()
            #expect(offer.clusterName == "test" && offer.machine == "keyvalue" && offer.node == 1)
            #expect(offer.snapshot.cluster == (await node.raft.metricsNow()).cluster)
            for number in 1...3 as ClosedRange<UInt8> {
                try await put(client, number)
                _ = try await client.snapshot(compacting: true)
            }
            #expect(throws: StorageError.self) { _ = try node.raft.openBody(of: offer.snapshot.id) }
            let body = try await client.backupChunk(of: offer.snapshot.id, at: 0, count: 1 << 20)
            #expect(UInt64(body.count) == offer.snapshot.size)
            #expect(BackupFile.checksum(body) == offer.snapshot.checksum)
            let part = try await client.backupChunk(of: offer.snapshot.id, at: 5, count: 3)
            #expect(part == Array(body[5..<8]))

            // Nothing new, and so the same snapshot again.
            let newest = try await client.beginBackup(stale: true)
            #expect(try await client.beginBackup() == newest && newest.snapshot.last.index > offer.snapshot.last.index)

            let path = directory + "/backup"
            _ = try await client.backup(to: try BackupFileWriter(to: path), taken: 1)
            var machine = KeyValueMachine()
            let reader = try BackupFileReader(path)
            try SnapshotBody.read(reader.header.snapshot, from: reader, isCancelled: { false }) {
                try machine.restore(from: $0)
            }
            #expect(machine.entries.map(\.key) == [[0, 1], [1, 1], [2, 1], [3, 1]])
        }
    }

    @Test("Bodies that are kept are few, and what is not there is said so (Q1)")
    func bounded() async throws {
        try await withNode { node, client, _ in
            var offers: [BackupOffer] = []
            for number in 1...4 as ClosedRange<UInt8> {
                try await put(client, number)
                offers.append(try await client.beginBackup())
            }
            #expect(Set(offers.map(\.snapshot.id)).count == 4)
            try await put(client, 5)
            var options = RaftClientOptions()
            options.retries = false
            let hasty = RaftClient(
                endpoints: [try RaftAddress(node.configuration.clientsListen[0])], options: options)
            #expect(await code { () async throws(RaftClientError) in try await hasty.beginBackup() } == .overloaded)
            let first = offers[0].snapshot.id
            for (offset, count) in [(first.size, 1), (0, 0), (0, (1 << 20) + 1)] as [(UInt64, Int)] {
                let found = await code { () async throws(RaftClientError) in
                    try await hasty.backupChunk(of: first, at: offset, count: count)
                }
                #expect(found == .refused)
            }
            await hasty.close()
        }
    }

    @Test("What nobody reads any more is let go of, and must be begun anew once its place is taken (Q1)")
    func letGo() async throws {
        try await withNode { node, client, _ in
            let (snapshot, _) = try await client.snapshot()
            let bodies = BackupBodies(raft: node.raft, patience: 1)
            await withCheckedContinuation { continuation in
                bodies.open(snapshot) { _ in continuation.resume() }
            }
            while bodies.count > 0 { await Task.yield() }
            // Still the newest: it is opened again.
            #expect(try await client.backupChunk(of: snapshot, at: 0, count: 4).count == 4)
            var gone = snapshot
            gone.checksum ^= 1
            let found = await code { () async throws(RaftClientError) in
                try await client.backupChunk(of: gone, at: 0, count: 4)
            }
            #expect(found == .snapshotFailed)
        }
    }
}
