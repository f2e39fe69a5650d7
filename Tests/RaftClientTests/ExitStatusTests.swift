import ArgumentParser
import RaftClient
import RaftCore
import Testing

@testable import raftctl

@Suite("raftctl turns every error into the exit code that scripts rely on")
struct ExitStatusTests {
    private func status(
        _ code: RaftClientError.Code, _ outcome: RaftError.Outcome = .rejected, isChange: Bool = true
    ) -> Int32 {
        Failure(RaftClientError(code, outcome, "message"), isChange: isChange).status.rawValue
    }

    @Test("No leader, or not reachable: 3")
    func unreachable() {
        for code in [RaftClientError.Code.unreachable, .notLeader, .notFormed, .timedOut, .connectionLost, .stopped] {
            #expect(status(code) == 3)
            #expect(status(code, .unknown, isChange: false) == 3)
        }
    }

    @Test("Refused: 4")
    func refused() {
        #expect(status(.refused, .committed) == 4)
        #expect(status(.formation) == 4)
        #expect(status(.tooLarge) == 4)
    }

    @Test("A change whose outcome is unknown: 5, whatever the reason")
    func unknown() {
        for code in [RaftClientError.Code.unknown, .timedOut, .connectionLost, .failed, .cancelled] {
            #expect(status(code, .unknown) == 5)
        }
    }

    @Test("Anything else: 1")
    func failed() {
        for code in [RaftClientError.Code.overloaded, .failed, .notSupported, .protocolBroken] {
            #expect(status(code) == 1)
        }
    }

    @Test("A snapshot whose answer does not come in time may be taken all the same: 5")
    func slowSnapshot() async throws {
        let node = try await FakeNode.start { _, _ in .silence }
        let command = try #require(
            try Raftctl.parseAsRoot(["compact", "--timeout", "100ms", "--endpoint", "\(node.address)"])
                as? CompactCommand)
        let failure = await #expect(throws: Failure.self) { try await command.run() }
        #expect(failure?.status == .unknown)
    }

    @Test("A message is one line")
    func oneLine() {
        let error = RaftClientError(.refused, .committed, "first\nsecond")
        #expect(Failure(error, isChange: true).message == "first second")
    }
}
