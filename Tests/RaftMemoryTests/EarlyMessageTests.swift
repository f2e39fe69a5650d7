import RaftMembership
import RaftMemory
import Synchronization
import Testing

@testable import RaftCore

/// A transport delivers from the moment on that it listens, which is before the node has begun.
@Suite("What is heard before a node has begun waits for that")
struct EarlyMessageTests {
    typealias Cluster = MembershipCallsTests.Cluster

    /// Hands over a message while it is being started, and keeps what is sent.
    private final class EarlyTransport: Transport {
        private let message: Message
        private let sent = Mutex<[Message]>([])
        var messages: [Message] { sent.withLock { $0 } }

        init(_ message: Message) { self.message = message }

        func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws {
            receiver.received([
                Envelope(group: .first, from: EarlyMessageTests.other, to: identity.member, message: message)
            ])
        }
        func updateIdentity(_ identity: NodeIdentity) {}
        func updatePeers(_ peers: [Peer]) {}
        func send(_ envelope: Envelope) { sent.withLock { $0.append(envelope.message) } }
        func flush() {}
        func shutdown() async {}
    }

    private static let other = Member(id: 2, incarnation: 9)

    private func start(_ transport: EarlyTransport, on storage: MemoryStorage) async throws -> Raft<
        MembershipCallsTests.Log
    > {
        try await Raft.start(
            MembershipCallsTests.Log(), as: 1, storage: .memory(storage),
            transport: TransportProvider { context in
                // The environment of nodes in one process, and nobody to talk to there.
                let (_, environment) = try TransportProvider.memory("1", on: MemoryNetwork()).make(context)
                return (transport, environment)
            })
    }

    @Test("Entries that come first are applied on the state of the snapshot, and not before it (S2, C4)")
    func entriesBeforeSnapshot() async throws {
        let storage = MemoryStorage()
        let cluster = Cluster()
        var configuration = RaftConfiguration()
        configuration.snapshotRetained = 0
        let first = try await cluster.start(1, configuration, storage: storage)
        try await first.bootstrap([1: "memory:1"])
        _ = try await first.waitForLeader()
        for number in 1...10 { _ = try await first.propose(number) }
        try await first.compact()
        let before = await first.metricsNow()
        await cluster.stopAll()

        // Another leads by now: votes and appends are judged by term and log (§6).
        var builder = EntryBatchBuilder(firstIndex: before.lastIndex.next)
        builder.append(.command, term: before.term.next, payload: try BinaryCoder.encode(11))
        let transport = EarlyTransport(
            .appendEntries(
                AppendEntries(
                    term: before.term.next, stream: 1, sequence: 1,
                    previous: LogID(term: before.term, index: before.lastIndex),
                    leaderCommit: before.lastIndex.next, entries: builder.finish())))
        let node = try await start(transport, on: storage)
        try await node.waitForApplied(before.lastIndex.next)
        #expect(try await node.read(.stale) { $0.values } == Array(1...11))
        await node.shutdown()
    }

    @Test("Who promised its vote before its start keeps the promise from its first moment on (R6)")
    func voteBeforeStart() async throws {
        let storage = MemoryStorage()
        let member = Member(id: 1, incarnation: 5)
        let cluster = ClusterID(high: 1, low: 2)
        let records = [member, Self.other, Member(id: 3, incarnation: 7)].map {
            Membership.Record(member: $0, addresses: ["memory:\($0.id)"])
        }
        let membership = try Membership(members: records, voters: [1, 2, 3])
        var builder = EntryBatchBuilder(firstIndex: 1)
        builder.append(
            .configuration, term: 1,
            payload: MembershipCodec.encode(ConfigurationPayload(cluster: cluster, membership: membership)))
        try storage.commit([
            StorageBatch(
                group: .first, entries: builder.finish(),
                hardState: HardState(
                    cluster: cluster, member: member, startCounter: 3, term: 1, largestPromise: 3_600_000_000_000))
        ])
        let transport = EarlyTransport(
            .voteRequest(VoteRequest(term: 2, round: 1, isPreVote: false, last: LogID(term: 1, index: 1))))
        let node = try await start(transport, on: storage)
        let replies = { transport.messages.compactMap { if case .voteReply(let reply) = $0 { reply } else { nil } } }
        while replies().isEmpty { _ = await node.metricsNow() }
        #expect(replies().map(\.isGranted) == [false])
        await node.shutdown()
    }
}
