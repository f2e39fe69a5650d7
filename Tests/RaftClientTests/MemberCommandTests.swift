import ArgumentParser
import NIOPosix
import RaftClient
import RaftCore
import RaftMembership
import RaftNode
import RaftTracing
import Testing

@testable import raftctl

/// The commands themselves, against a node that is played: `Samples.status` says that it leads.
@Suite("Commands that change the membership compare before they set", .timeLimit(.minutes(1)))
struct MemberCommandTests {
    private static let present = LogID(term: 2, index: 9)

    private func run(_ arguments: [String], on address: RaftAddress) async throws {
        let command = try Raftctl.parseAsRoot(
            ["member"] + arguments + ["--endpoint", "\(address)", "--output", "json"])
        var member = try #require(command as? any AsyncParsableCommand)
        try await member.run()
    }

    private func withServer(_ body: (FakeService, RaftAddress) async throws -> Void) async throws {
        let service = FakeService()
        let server = ClientServer(
            service: service, eventLoop: MultiThreadedEventLoopGroup.singleton.next(), tracer: .silent,
            limits: ClientLimits())
        let bound = try await server.start(listening: [try FakeNode.freeAddress()])
        try await body(service, bound[0])
        await server.shutdown()
    }

    @Test("What is expected goes with the change; a membership that has changed is refused, with exit code 4")
    func expectation() async throws {
        try await withServer { service, address in
            try await run(["remove", "2", "--expect", "9@2"], on: address)
            try await run(["remove", "2"], on: address)
            let failure = await #expect(throws: Failure.self) {
                try await run(["promote", "2", "--expect", "8@2"], on: address)
            }
            #expect(failure?.status == .refused && failure?.message.contains("has changed") == true)
            #expect(service.changes.map(\.expected) == [Self.present, nil, LogID(term: 2, index: 8)])
            #expect(service.changes.map(\.wishes) == [[.remove(2)], [.remove(2)], [.promote(2)]])
        }
    }

    @Test("A change of all voters expects the membership that was there when it began")
    func change() async throws {
        try await withServer { service, address in
            try await run(["change", "1", "2", "3=unix:3"], on: address)
            try await run(["change", "1", "--no-follow"], on: address)
            let failure = await #expect(throws: Failure.self) {
                try await run(["change", "1", "--expect", "7@1"], on: address)
            }
            #expect(failure?.status == .refused)
            #expect(service.changes.map(\.expected) == [Self.present, Self.present, LogID(term: 1, index: 7)])
            #expect(service.changes[0].wishes == [.add(3, addresses: ["unix:3"]), .setVoters([1, 2, 3])])
        }
    }

    @Test("Without a leader nothing is asked to change")
    func noLeader() async throws {
        let address = try FakeNode.freeAddress()
        let failure = await #expect(throws: Failure.self) {
            try await run(["change", "1", "--timeout", "1ms"], on: address)
        }
        #expect(failure?.status == .unreachable && failure?.message.contains("no leader was found") == true)
    }
}
