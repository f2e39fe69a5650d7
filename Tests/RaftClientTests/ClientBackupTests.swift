import ArgumentParser
import Glibc
import NIOPosix
import RaftCore
import RaftMembership
import RaftNode
import RaftTracing
import Testing

@testable import RaftClient
@testable import raftctl

@Suite("A client backs a node up", .timeLimit(.minutes(1)))
struct ClientBackupTests {
    private func withServer(
        _ limits: ClientLimits = ClientLimits(), _ body: (RaftClient, String) async throws -> Void
    ) async throws {
        let server = ClientServer(
            service: FakeService(echo: true), eventLoop: MultiThreadedEventLoopGroup.singleton.next(), tracer: .silent,
            limits: limits)
        let bound = try await server.start(listening: [try FakeNode.freeAddress()])
        let client = RaftClient(endpoints: bound, timeout: .seconds(10))
        let path = "/tmp/raft.\(UInt64.random(in: 0...0xFF_FFFF_FFFF)).backup"
        defer { unlink(path) }
        try await body(client, path)
        await client.close()
        await server.shutdown()
    }

    @Test("The file holds what the node offered, in chunks asked for a few at a time (Q1)")
    func whole() async throws {
        try await withServer { client, path in
            let (header, size) = try await client.backup(to: try BackupFileWriter(to: path), taken: 5)
            #expect(header.snapshot == Samples.backup.snapshot && header.machine == "keyvalue" && header.taken == 5)
            let reader = try BackupFileReader(path)
            try reader.verify()
            #expect(reader.header == header && reader.fileBytes == size)
            #expect(try reader.read(at: 0, count: 600_000) == Samples.backupBody)
        }
    }

    @Test("Chunks are asked of the node that took the snapshot, whoever leads (Q1)", arguments: [false, true])
    func oneNode(stale: Bool) async throws {
        let leader = try await FakeNode.start { request, _ in
            if case .propose = request.kind { .ok() } else { .error(.snapshotFailed) }
        }
        let hint = LeaderHint(id: 2, clientAddresses: ["\(leader.address)"])
        let node = try await FakeNode.start { request, _ in
            switch request.kind {
            case .propose: .error(.notLeader, leader: hint)
            case .backup: .answer(ClientResponse(.backup(Samples.backup)))
            case .backupChunk(_, let offset, let count):
                .answer(ClientResponse(.bytes(Array(Samples.backupBody[Int(offset)...].prefix(Int(count))))))
            default: .silence
            }
        }
        let client = RaftClient(endpoints: [node.address], timeout: .seconds(10))
        // From now on the client knows where the leader is.
        if stale { _ = try await client.propose([1]) }
        let offer = try await client.beginBackup(stale: stale)
        if !stale { _ = try await client.propose([1]) }
        #expect(
            try await client.backupChunk(of: offer.snapshot.id, at: 5, count: 10) == Array(Samples.backupBody[5..<15]))
        await client.close()
    }

    @Test("When its node goes away in the middle, raftctl begins anew at another (Q1)")
    func goneAway() async throws {
        let first = try await FakeNode.start { request, _ in
            if case .backup = request.kind { .answer(ClientResponse(.backup(Samples.backup))) } else { .goodbye }
        }
        let second = try await FakeNode.start { request, _ in
            switch request.kind {
            case .backup: .answer(ClientResponse(.backup(Samples.backup)))
            case .backupChunk(_, let offset, let count):
                .answer(ClientResponse(.bytes(Array(Samples.backupBody[Int(offset)...].prefix(Int(count))))))
            default: .silence
            }
        }
        let path = "/tmp/raft.\(UInt64.random(in: 0...0xFF_FFFF_FFFF)).backup"
        defer { unlink(path) }
        let command = try #require(
            try Raftctl.parseAsRoot(
                ["backup", path, "--endpoint", "\(first.address)", "--endpoint", "\(second.address)"]) as? BackupCommand
        )
        try await command.run()
        try BackupFileReader(path).verify()
    }

    @Test("While answers lie unread, chunks are refused as overloaded and asked for again (Q1)")
    func overloaded() async throws {
        var limits = ClientLimits()
        limits.maximumUnreadBytes = 1
        try await withServer(limits) { client, path in
            _ = try await client.backup(to: try BackupFileWriter(to: path), taken: 5)
            try BackupFileReader(path).verify()
        }
    }

    @Test("Where no snapshot can be taken no file is left (Q1)")
    func refused() async throws {
        try await withServer { client, path in
            let error = await #expect(throws: RaftClientError.self) {
                try await client.backup(to: try BackupFileWriter(to: path), stale: true, taken: 5)
            }
            #expect(error?.code == .snapshotFailed)
            #expect(access(path, F_OK) != 0 && access("\(path).\(getpid()).partial", F_OK) != 0)
        }
    }
}
