import RaftCore
import RaftMembership
import RaftMemory
import Testing

/// The streams of running nodes, as an embedder meets them.
@Suite("Watching a node through the public type", .timeLimit(.minutes(2)))
struct WatchingTests {
    typealias Cluster = MembershipCallsTests.Cluster

    @Test("Formation, growth and removal are told on every member, in order (M2, M6)")
    func membership() async throws {
        let cluster = Cluster()
        let first = try await cluster.start(1)
        var events = first.membershipEvents.makeAsyncIterator()
        let present = await events.next()
        #expect(present?.kind == .present && present?.configuration == LoggedMembership.none)
        try await first.bootstrap([1: "memory:1"])
        try await first.wait(for: .role(.leader))
        let second = try await cluster.start(2)
        let seconds = second.membershipEvents
        try await first.change([.add(2, addresses: ["memory:2"])])
        var told: [String] = []
        while told.last != "promoted 2", let event = await events.next() {
            #expect(event.missed == 0)
            told.append("\(event.kind)" + (event.member.map { " \($0.id)" } ?? ""))
        }
        #expect(
            told == [
                "appended", "committed", "joined 1", "appended", "committed", "joined 2", "appended", "committed",
                "promoted 2",
            ])
        _ = try await cluster.change([.remove(2)])
        var own: [MembershipEvent.Kind] = []
        for await event in seconds where event.member?.id == 2 {
            own.append(event.kind)
            if event.kind == .removed { break }
        }
        // What was committed at once is told as one step.
        #expect(own.first == .joined && own.last == .removed)
        await cluster.stopAll()
        // To its end, which comes with the node.
        while await events.next() != nil {}
    }

    @Test("Snapshots taken, the log cut behind them, and what is sent to a follower that needs it (S2, S5, S6)")
    func snapshots() async throws {
        var configuration = RaftConfiguration()
        configuration.snapshotEntries = 0
        configuration.snapshotRetained = 0
        configuration.snapshotPinned = 0
        let cluster = Cluster()
        let storage = MemoryStorage()
        for id: NodeID in [1, 2] { try await cluster.start(id, configuration) }
        try await cluster.start(3, configuration, storage: storage)
        try await cluster.nodes[1]?.bootstrap([1: "memory:1", 2: "memory:2", 3: "memory:3"])
        _ = try await cluster.propose(0)
        await cluster.stop(3)
        for number in 1...100 { _ = try await cluster.propose(number) }
        let leader = try await cluster.leader()
        var events = leader.snapshotEvents.makeAsyncIterator()
        let present = await events.next()
        #expect(present?.kind == .present && present?.snapshot == nil && present?.purgedIndex == .zero)
        for id: NodeID in [1, 2] { try await cluster.nodes[id]?.compact() }
        let taken = await events.next()
        let purged = await events.next()
        #expect(taken?.kind == .taken && purged?.kind == .purged)
        #expect(taken?.snapshot?.last.index == purged?.purgedIndex)
        let back = try await cluster.start(3, configuration, storage: storage)
        let received = back.snapshotEvents
        try await back.waitForApplied(await leader.metricsNow().commitIndex)
        var kinds: [SnapshotEvent.Kind] = []
        for await event in received {
            kinds.append(event.kind)
            // It may have come before anybody looked.
            if event.kind == .installed || event.kind == .present && event.snapshot != nil { break }
        }
        #expect(kinds.first == .present && (kinds.count == 1 || kinds.contains(.received)), "\(kinds)")
        await cluster.stopAll()
        // Leadership may have moved meanwhile; where it stayed, the leader told what it sent.
        var sent: [SnapshotEvent.Kind] = []
        while let event = await events.next() { if event.peer == 3 { sent.append(event.kind) } }
        #expect(sent.isEmpty || sent.first == .offered)
    }

    @Test("Who leads is told on every node, and again when it changes; at the end streams end")
    func leadership() async throws {
        let cluster = Cluster()
        try await cluster.form([1, 2, 3])
        let old = try await cluster.leader()
        let id = await old.metricsNow().node
        let target: NodeID = id == 3 ? 1 : 3
        let follower = try #require(cluster.nodes[target])
        try await follower.wait(for: .leader(id))
        let states = follower.leadership
        try await old.transferLeadership(to: target)
        for await state in states where state.role == .leader {
            #expect(state.leader?.id == target)
            break
        }
        let open = old.leadership
        let events = old.snapshotEvents
        await cluster.stopAll()
        for await _ in open {}
        for await _ in events {}
        for await _ in old.leadership { Issue.record("the node has ended") }
        for await _ in old.membershipEvents { Issue.record("the node has ended") }
    }
}
