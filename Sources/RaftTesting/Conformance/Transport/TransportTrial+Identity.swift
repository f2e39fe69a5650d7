import RaftCore
import RaftMembership

extension TransportTrial {
    func addressee() async throws {
        let (one, two) = try await pair()
        func samples(_ to: Member) -> EnvelopeSamples { EnvelopeSamples(from: one.member, to: to) }
        let forbidden = [
            samples(Member(id: 2, incarnation: 99)).heartbeat(1),
            samples(Member(id: 2, incarnation: 99)).question(2),
            samples(Member(id: 7, incarnation: 1)).heartbeat(3),
            samples(Member(id: 7, incarnation: .unknown)).question(4),
        ]
        await one.send(forbidden)
        let anyLife = samples(Member(id: 2, incarnation: .unknown)).question(5)
        await one.send([anyLife])
        try await flushThrough(from: one, to: two)
        try expectNone(of: forbidden, at: two, "what is meant for another member")
        guard two.listener.now.envelopes.contains(anyLife) else {
            throw failure("a message to an unknown incarnation, which fits any, was not delivered")
        }
    }

    func sender() async throws {
        let (one, two) = try await pair()
        let forbidden = [
            EnvelopeSamples(from: Member(id: 3, incarnation: 1), to: two.member).heartbeat(1),
            EnvelopeSamples(from: Member(id: 1, incarnation: 99), to: two.member).heartbeat(2),
        ]
        await one.send(forbidden)
        try await flushThrough(from: one, to: two)
        try expectNone(of: forbidden, at: two, "what speaks for another member")
    }

    func clusterName() async throws {
        let stranger = try await start(1, name: "other")
        try await expectApart(stranger, "a node of the cluster “other”")
    }

    func clusterIdentity() async throws {
        let stranger = try await start(1, cluster: Self.otherCluster)
        try await expectApart(stranger, "a node of another cluster of the same name")
    }

    /// Checks that `stranger` and a node of the cluster exchange nothing, while that one talks to others.
    private func expectApart(_ stranger: TransportNode, _ what: String) async throws {
        let two = try await start(2)
        let three = try await start(3)
        await stranger.meet(two)
        await two.meet(stranger, three)
        await three.meet(two)
        let forward = EnvelopeSamples(from: stranger.member, to: two.member)
        let backward = EnvelopeSamples(from: two.member, to: stranger.member)
        let forbidden = [forward.heartbeat(1), forward.question(2)]
        let forbiddenBack = [backward.heartbeat(3), backward.question(4)]
        for _ in 0..<5 {
            await stranger.send(forbidden)
            await two.send(forbiddenBack)
            // Time in which connections are made.
            try await waitForConnection(two, three)
            try await flushThrough(from: three, to: two)
            try await flushThrough(from: two, to: three)
        }
        try expectNone(of: forbidden, at: two, "a message of \(what)")
        try expectNone(of: forbiddenBack, at: stranger, "a message to \(what)")
        for (node, other) in [(two, stranger), (stranger, two)] {
            guard !node.listener.now.connected.contains(where: { $0.member.id == other.member.id }) else {
                throw failure("\(what) was connected, at node \(node.member.id)")
            }
        }
    }

    func formationOnly() async throws {
        for (id, cluster) in [(NodeID(2), nil), (NodeID(3), Self.cluster)] as [(NodeID, ClusterID?)] {
            let one = try await start(1, cluster: nil)
            let other = try await start(id, cluster: cluster)
            await one.meet(other)
            try await waitForConnection(one, other)
            try await waitForConnection(other, one)
            for (node, to) in [(one, other), (other, one)] {
                let samples = EnvelopeSamples(from: node.member, to: to.member)
                let forbidden = samples.everyKind(1) + [samples.batch(2, StorageSamples.commands(1, 2))]
                let allowed = samples.everyFormationKind(3)
                await node.send(forbidden + allowed)
                try await wait(for: "each kind of formation message at node \(to.member.id)") {
                    Set(to.listener.now.envelopes).isSuperset(of: allowed)
                }
                try await flushThrough(from: node, to: to) { $0.question($1) }
                try expectNone(of: forbidden, at: to, "what needs a shared cluster")
            }
            await stop(one)
            await stop(other)
        }
    }

    func objections() async throws {
        let one = try await start(1)
        let two = try await start(2)
        let three = try await start(3)
        two.listener.objectTo(one.member)
        await one.meet(two)
        await three.meet(two)
        try await wait(for: "word at node 1 that node 2 objects to it") { one.listener.now.refusals.contains(2) }
        try await waitForConnection(two, three)
        let samples = EnvelopeSamples(from: one.member, to: two.member)
        await one.send([samples.heartbeat(1), samples.question(2)])
        try await flushThrough(from: three, to: two)
        try expectNone(of: [samples.heartbeat(1), samples.question(2)], at: two, "a message of who was objected to")
        guard !two.listener.now.present.contains(1) else {
            throw failure("a connection that the receiver objects to was kept")
        }
        for node in [one, three] {
            let told = two.listener.now.lives[node.member]
            guard told == node.listener.life else {
                throw failure(
                    "of the life of node \(node.member.id) was told \(told.map { "\($0)" } ?? "nothing") instead of \(node.listener.life)"
                )
            }
        }
    }

    func updateIdentity() async throws {
        let one = try await start(1, cluster: nil)
        let two = try await start(2, cluster: nil)
        await one.meet(two)
        await two.meet(one)
        try await waitForConnection(one, two)
        try await waitForConnection(two, one)
        func adopt(_ node: TransportNode, _ cluster: ClusterID) async {
            await node.onLane { $0.updateIdentity(node.identity(name: "demo", cluster: cluster)) }
        }
        await adopt(one, Self.cluster)
        await adopt(two, Self.cluster)
        try await flushThrough(from: one, to: two)
        try await flushThrough(from: two, to: one)

        await adopt(one, Self.otherCluster)
        try await wait(for: "the end of a connection whose ends no longer share a cluster") {
            !two.listener.now.present.contains(1) && !one.listener.now.present.contains(2)
        }
        let samples = EnvelopeSamples(from: one.member, to: two.member)
        await one.send([samples.heartbeat(1), samples.question(2)])
        await adopt(two, Self.otherCluster)
        try await flushThrough(from: one, to: two)
        try expectNone(of: [samples.heartbeat(1), samples.question(2)], at: two, "a message of another cluster's node")
    }
}
