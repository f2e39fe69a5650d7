import NIOPosix
import RaftCore
import RaftMembership
import Testing

@testable import RaftClient

@Suite("A client finds the leader, and says exactly what became of a proposal", .timeLimit(.minutes(1)))
struct RaftClientTests {
    private func client(_ nodes: FakeNode..., follows: Bool = true, timeout: Duration = .seconds(10)) -> RaftClient {
        RaftClient(endpoints: nodes.map(\.address), timeout: timeout, followsLeader: follows)
    }

    private func failure<Value>(
        _ body: () async throws(RaftClientError) -> Value
    ) async -> RaftClientError? {
        do {
            _ = try await body()
            return nil
        } catch {
            return error
        }
    }

    @Test("It goes where a node says the leader is, and stays there")
    func hint() async throws {
        let leader = try await FakeNode.start { _, _ in .ok([7]) }
        let hint = LeaderHint(id: 2, clientAddresses: ["\(leader.address)"])
        let follower = try await FakeNode.start { _, _ in .error(.notLeader, leader: hint) }
        let client = client(follower)
        for _ in 0..<3 { #expect(try await client.propose([1]) == [7]) }
        #expect(follower.requests.count == 1)
        #expect(leader.requests.count == 3)
        #expect(leader.connections == 1)
        await client.close()
    }

    @Test("Without a hint it tries the others")
    func noHint() async throws {
        let follower = try await FakeNode.start { _, _ in .error(.notLeader) }
        let leader = try await FakeNode.start { _, _ in .ok() }
        let client = client(follower, leader)
        #expect(try await client.propose([1]) == [1])
        #expect(try await client.query([2]) == [1])
        #expect(follower.requests.count == 1)
    }

    @Test("A large request reaches its node once (W1)")
    func once() async throws {
        let node = try await FakeNode.start { _, _ in .ok() }
        let client = client(node)
        _ = try await client.propose([UInt8](repeating: 1, count: 100_000))
        _ = try await client.query([1])
        #expect(node.requests.count == 2)
        await client.close()
    }

    @Test("A leader that hangs is left after the call that it did not answer")
    func hangingLeader() async throws {
        let hung = try await FakeNode.start { _, _ in .silence }
        let leader = try await FakeNode.start { _, _ in .ok([7]) }
        let client = client(hung, leader, timeout: .milliseconds(300))
        let error = await failure { () async throws(RaftClientError) in try await client.propose([1]) }
        #expect(error?.code == .timedOut && error?.outcome == .unknown)
        #expect(try await client.propose([2]) == [7])
        await client.close()
    }

    @Test("A client that nobody has any more lets go of its connections")
    func dropped() async throws {
        let node = try await FakeNode.start { _, _ in .ok() }
        do { _ = try await client(node).propose([1]) }
        await node.lost()
    }

    @Test("A node that does not listen is passed over")
    func passedOver() async throws {
        let dead = try FakeNode.freeAddress()
        let alive = try await FakeNode.start { _, _ in .ok() }
        let client = RaftClient(endpoints: [dead, alive.address], timeout: .seconds(10))
        #expect(try await client.propose([1]) == [1])
    }

    @Test("A leader that was named and is gone is forgotten")
    func deadHint() async throws {
        let hint = LeaderHint(id: 2, clientAddresses: ["\(try FakeNode.freeAddress())"])
        let follower = try await FakeNode.start { _, before in before < 3 ? .error(.notLeader, leader: hint) : .ok() }
        #expect(try await client(follower).propose([1]) == [1])
        #expect(follower.requests.count == 4)
    }

    @Test("It waits for a node that starts within the time-out")
    func lateStart() async throws {
        let address = try FakeNode.freeAddress()
        let client = RaftClient(endpoints: [address], timeout: .seconds(10))
        async let output = client.propose([1])
        let node = try await FakeNode.start(at: address) { _, _ in .ok() }
        #expect(try await output == [1])
        #expect(node.requests.count == 1)
    }

    @Test("A proposal that was rejected is tried again until it is taken")
    func rejected() async throws {
        let node = try await FakeNode.start { _, before in before < 2 ? .error(.overloaded) : .ok() }
        #expect(try await client(node).propose([1]) == [1])
        #expect(node.requests.count == 3)
    }

    @Test("A proposal whose connection is lost after it was sent is unknown and not sent again (W1)")
    func lostProposal() async throws {
        let node = try await FakeNode.start { _, _ in .hangUp }
        let other = try await FakeNode.start { _, _ in .ok() }
        let client = client(node, other)
        let error = await failure { () async throws(RaftClientError) in try await client.propose([1]) }
        #expect(error?.code == .connectionLost)
        #expect(error?.outcome == .unknown)
        #expect(node.requests.count == 1)
        #expect(other.requests.isEmpty)
    }

    @Test("A query whose connection is lost is asked again, elsewhere")
    func lostQuery() async throws {
        let node = try await FakeNode.start { _, _ in .hangUp }
        let other = try await FakeNode.start { _, _ in .ok([5]) }
        #expect(try await client(node, other).query([1]) == [5])
    }

    @Test("A query that a node does not answer is asked elsewhere")
    func silentQuery() async throws {
        let node = try await FakeNode.start { _, _ in .silence }
        let other = try await FakeNode.start { _, _ in .ok([5]) }
        var options = RaftClientOptions()
        options.attemptTimeout = .milliseconds(50)
        options.timeout = .seconds(20)
        let client = RaftClient(endpoints: [node.address, other.address], options: options)
        #expect(try await client.query([1]) == [5])
    }

    @Test("A proposal without an answer is unknown at the time-out, a query merely failed")
    func timeout() async throws {
        let node = try await FakeNode.start { _, _ in .silence }
        let client = client(node, timeout: .seconds(1))
        let proposal = await failure { () async throws(RaftClientError) in try await client.propose([1]) }
        #expect(proposal?.code == .timedOut)
        #expect(proposal?.outcome == .unknown)
        let query = await failure { () async throws(RaftClientError) in try await client.query([1]) }
        #expect(query?.outcome == .rejected)
    }

    @Test("When no node can be reached, a proposal is rejected at the time-out")
    func unreachable() async throws {
        let client = RaftClient(endpoints: [try FakeNode.freeAddress()], timeout: .milliseconds(100))
        let error = await failure { () async throws(RaftClientError) in try await client.propose([1]) }
        #expect(error?.code == .unreachable)
        #expect(error?.outcome == .rejected)
    }

    @Test("When nobody leads, a proposal is rejected at the time-out with that reason")
    func nobodyLeads() async throws {
        let node = try await FakeNode.start { _, _ in .error(.notLeader) }
        let client = client(node, timeout: .seconds(1))
        let error = await failure { () async throws(RaftClientError) in try await client.propose([1]) }
        #expect(error?.code == .notLeader)
        #expect(error?.outcome == .rejected)
        #expect(node.requests.count > 1)
    }

    @Test("Told not to follow, it asks the node named and gives back what that says")
    func noFollow() async throws {
        let other = try await FakeNode.start { _, _ in .ok() }
        let hint = LeaderHint(id: 2, clientAddresses: ["\(other.address)"])
        let node = try await FakeNode.start { _, _ in .error(.notLeader, leader: hint) }
        let client = client(node, follows: false)
        let error = await failure { () async throws(RaftClientError) in try await client.propose([1]) }
        #expect(error?.code == .notLeader)
        #expect(error?.leader == hint)
        #expect(node.requests.count == 1)
        #expect(other.requests.isEmpty)
    }

    @Test("What the machine refuses is not tried again")
    func refused() async throws {
        let node = try await FakeNode.start { _, _ in .error(.refused) }
        let client = client(node)
        let error = await failure { () async throws(RaftClientError) in try await client.propose([1]) }
        #expect(error?.code == .refused)
        #expect(node.requests.count == 1)
    }

    @Test("Many calls at once share one connection, each with its own answer")
    func concurrent() async throws {
        let node = try await FakeNode.start { request, _ in
            if case .propose(let bytes) = request.kind { .ok(bytes) } else { .silence }
        }
        let client = client(node)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for number in 0..<1000 {
                let command = [UInt8(number & 0xFF), UInt8(number >> 8)]
                group.addTask { try await client.propose(command) == command }
            }
            for try await isOwn in group { #expect(isOwn) }
        }
        #expect(node.connections == 1)
    }

    @Test("A proposal that is cancelled after it was sent is unknown")
    func cancelled() async throws {
        let (sent, arrived) = AsyncStream.makeStream(of: Void.self)
        let node = try await FakeNode.start { _, _ in
            arrived.yield()
            return .silence
        }
        let client = client(node)
        let call = Task { await failure { () async throws(RaftClientError) in try await client.propose([1]) } }
        var arrivals = sent.makeAsyncIterator()
        await arrivals.next()
        call.cancel()
        let error = await call.value
        #expect(error?.code == .cancelled)
        #expect(error?.outcome == .unknown)
    }

    @Test("Closing ends the calls under way, and later ones fail")
    func close() async throws {
        let (sent, arrived) = AsyncStream.makeStream(of: Void.self)
        let node = try await FakeNode.start { _, _ in
            arrived.yield()
            return .silence
        }
        let client = client(node)
        let call = Task { await failure { () async throws(RaftClientError) in try await client.propose([1]) } }
        var arrivals = sent.makeAsyncIterator()
        await arrivals.next()
        await client.close()
        #expect(await call.value?.code == .closed)
        let later = await failure { () async throws(RaftClientError) in try await client.query([1]) }
        #expect(later?.code == .closed)
    }

    @Test("A call for a snapshot, which may take long, is made once: each repetition would have the next one taken")
    func snapshotsAreAskedForOnce() {
        #expect(!ClientRequest.snapshot().isRepeatable && !ClientRequest.snapshot(compacting: true).isRepeatable)
        #expect(ClientRequest.status.isRepeatable)
    }
}
