import RaftCore
import RaftMembership
import Synchronization
import Testing

@testable import RaftClient

@Suite("A client's session sends a command until its outcome is known (W4)", .timeLimit(.minutes(1)))
struct RaftClientSessionTests {
    private static func opened(_ index: LogIndex = 9) -> FakeNode.Action {
        .answer(ClientResponse(.session(OpenedSession(id: SessionID(index: index, nonce: 4), limits: SessionLimits()))))
    }

    private static func error(_ code: RaftClientError.Code, _ outcome: RaftError.Outcome) -> FakeNode.Action {
        .answer(ClientResponse(.error(RaftClientError(code, outcome, code.description))))
    }

    /// A node that opens sessions and does with attempts what it is told, given how many came before.
    private func node(
        _ attempt: @escaping @Sendable (SessionCall, Int) -> FakeNode.Action
    ) async throws -> FakeNode {
        let attempts = Attempts()
        return try await FakeNode.start { request, before in
            switch request.kind {
            case .openSession: return Self.opened(LogIndex(UInt64(before) + 1))
            case .proposeInSession(_, let call): return attempt(call, attempts.next())
            default: return .ok([])
            }
        }
    }

    private final class Attempts: Sendable {
        private let count = Mutex(0)
        func next() -> Int {
            count.withLock { count in
                defer { count += 1 }
                return count
            }
        }
    }

    private func client(
        _ nodes: FakeNode..., timeout: Duration = .seconds(20), attempt: Duration = .seconds(5)
    ) -> RaftClient {
        var options = RaftClientOptions()
        options.timeout = timeout
        options.attemptTimeout = attempt
        return RaftClient(endpoints: nodes.map(\.address), options: options)
    }

    private func calls(_ node: FakeNode) -> [SessionCall] {
        node.requests.compactMap { if case .proposeInSession(_, let call) = $0.kind { call } else { nil } }
    }

    private func failure(_ body: () async throws(RaftClientError) -> [UInt8]) async -> RaftClientError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("It is opened with the first command, its serials rise, and it is closed (W4)")
    func life() async throws {
        let node = try await node { _, _ in .ok([7]) }
        let client = client(node)
        let session = client.makeSession()
        for _ in 0..<3 { #expect(try await session.propose([1]) == [7]) }
        #expect(calls(node).map(\.serial) == [1, 2, 3] && calls(node).map(\.lowestUnanswered) == [1, 2, 3])
        #expect(Set(calls(node).map(\.session)) == [SessionID(index: 1, nonce: 4)])
        await session.close()
        #expect(node.requests.last == .close(SessionID(index: 1, nonce: 4)))
        await session.close()
        #expect(node.requests.count == 5)
        await client.close()
    }

    @Test("Lost connections, silence and unknown outcomes are tried again with the same serial, elsewhere (W4)")
    func retried() async throws {
        let first = try await node { _, before in
            switch before {
            case 0: .hangUp
            case 1: .silence
            default: Self.error(.unknown, .unknown)
            }
        }
        let second = try await node { _, before in before < 2 ? Self.error(.unknown, .unknown) : .ok([7]) }
        let client = client(first, second, attempt: .milliseconds(50))
        #expect(try await client.makeSession().propose([1]) == [7])
        let all = calls(first) + calls(second)
        #expect(all.count >= 4 && Set(all).count == 1)
        await client.close()
    }

    @Test("When the time-out comes after an attempt that may be applied, the outcome is unknown (W1, W4)")
    func overdue() async throws {
        let node = try await node { _, before in before == 0 ? .silence : Self.error(.notLeader, .rejected) }
        let client = client(node, timeout: .seconds(2), attempt: .milliseconds(50))
        let session = client.makeSession()
        let error = await failure { () async throws(RaftClientError) in try await session.propose([1]) }
        #expect(error?.outcome == .unknown)
        await client.close()
    }

    @Test("What no node ever took is rejected (W1)")
    func neverSent() async throws {
        let node = try await node { _, _ in Self.error(.notLeader, .rejected) }
        let client = client(node, timeout: .seconds(1))
        let session = client.makeSession()
        let error = await failure { () async throws(RaftClientError) in try await session.propose([1]) }
        #expect(error?.outcome == .rejected && error?.code == .notLeader)
        await client.close()
    }

    @Test("A session that expired unused is replaced; one that expired between two attempts leaves them unknown (W4)")
    func expired() async throws {
        let node = try await node { call, _ in
            call.session.index == 1 ? Self.error(.sessionExpired, .rejected) : .ok([7])
        }
        let client = client(node)
        #expect(try await client.makeSession().propose([1]) == [7])
        #expect(calls(node).map(\.session.index) == [1, 3])
        let other = try await self.node { _, before in
            before == 0 ? .silence : Self.error(.sessionExpired, .rejected)
        }
        let impatient = self.client(other, attempt: .milliseconds(50))
        let session = impatient.makeSession()
        let error = await failure { () async throws(RaftClientError) in try await session.propose([1]) }
        #expect(error?.code == .sessionExpired && error?.outcome == .unknown)
        #expect(calls(other).count >= 2)
        await client.close()
        await impatient.close()
    }

    @Test("Calls side by side open one session")
    func sideBySide() async throws {
        let node = try await node { _, _ in .ok([7]) }
        let client = client(node)
        let session = client.makeSession()
        let outputs = await withTaskGroup(of: [UInt8]?.self) { group in
            for _ in 0..<20 { group.addTask { try? await session.propose([1]) } }
            return await group.reduce(into: [[UInt8]?]()) { $0.append($1) }
        }
        #expect(outputs == [[UInt8]?](repeating: [7], count: 20))
        #expect(Set(calls(node).map(\.serial)) == Set(1...20))
        #expect(node.requests.count { $0 == .openSession } == 1)
        await client.close()
    }

    @Test("Who waits for another to open the session ends when it is cancelled, and when its own time has come")
    func waiting() async throws {
        let node = try await FakeNode.start { _, _ in .silence }
        let client = client(node, timeout: .seconds(30))
        let session = client.makeSession()
        let opener = Task { try await session.propose([1]) }
        while node.requests.isEmpty { await Task.yield() }
        let waiter = Task { () -> RaftClientError? in
            await failure { () async throws(RaftClientError) in try await session.propose([2]) }
        }
        waiter.cancel()
        let error = await waiter.value
        #expect(error?.code == .cancelled && error?.outcome == .rejected)
        opener.cancel()
        _ = await opener.result
        await client.close()
    }

    @Test("A session that is closed while it is being opened is closed when it is open")
    func closedWhileOpening() async throws {
        let node = try await FakeNode.start { request, _ in
            switch request.kind {
            case .openSession: Self.opened()
            default: .ok([])
            }
        }
        let client = client(node)
        let session = client.makeSession()
        async let output = session.propose([1])
        while node.requests.isEmpty { await Task.yield() }
        await session.close()
        _ = try? await output
        let closed = node.requests.contains { if case .closeSession = $0.kind { true } else { false } }
        #expect(closed)
        await client.close()
    }
}
