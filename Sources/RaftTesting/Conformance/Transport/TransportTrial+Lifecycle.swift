import RaftCore
import RaftMembership

extension TransportTrial {
    func disconnectedTold() async throws {
        let one = try await start(1)
        let two = try await start(2)
        await one.meet(two)
        await two.meet(one)
        try await waitForConnection(one, two)
        try await waitForConnection(two, one)
        await stop(two)
        try await wait(for: "word that node 2 is gone") { one.listener.now.disconnected.contains(2) }
        guard !one.listener.now.present.contains(2) else {
            throw failure("node 2, which is gone, is said to be connected")
        }
    }

    func reconnects() async throws {
        let one = try await start(1)
        let first = try await start(2)
        await one.meet(first)
        try await waitForConnection(one, first)
        try await flushThrough(from: one, to: first)
        await stop(first)
        try await wait(for: "word that node 2 is gone") { !one.listener.now.present.contains(2) }
        for incarnation in [1, 2] as [Incarnation] {
            let again = try await start(2, incarnation: incarnation)
            try await waitForConnection(one, again)
            try await flushThrough(from: one, to: again)
            try await flushThrough(from: again, to: one)
            if incarnation == 2 {
                let superseded = EnvelopeSamples(from: one.member, to: first.member).heartbeat(1)
                await one.send([superseded])
                try await flushThrough(from: one, to: again)
                try expectNone(of: [superseded], at: again, "what is meant for an earlier life")
            }
            await stop(again)
            try await wait(for: "word that node 2 is gone again") { !one.listener.now.present.contains(2) }
        }
    }

    func absentPeers() async throws {
        let one = try await start(1)
        let two = try await start(2)
        // The second is there, the third is named and dead, the fourth nobody knows.
        let dead = try prepare(3)
        await one.meet(two, dead)
        try await waitForConnection(one, two)
        let size = 128 << 10
        let count = 2 * options.queueBytes / size
        for stranger in [dead.member, Member(id: 4, incarnation: 1)] {
            let samples = EnvelopeSamples(from: one.member, to: stranger)
            var kept: [WeakBuffer] = []
            for number in 0..<count {
                let entries = StorageSamples.commands(1, 1, size: size)
                kept.append(WeakBuffer(entries))
                await one.send([samples.batch(UInt64(number), entries)])
            }
            let bytes = kept.count { $0.isAlive } * size
            guard bytes <= options.queueBytes else {
                throw failure(
                    "\(bytes >> 20) MiB sent to node \(stranger.id), which is not there, are kept; \(options.queueBytes >> 20) MiB are enough"
                )
            }
            try await flushThrough(from: one, to: two)
        }
        await dead.stop()
    }

    func updatePeers() async throws {
        let one = try await start(1)
        let two = try await start(2)
        let three = try await start(3)
        for _ in 0..<2 {
            await one.meet(two, three)
            await two.meet(one)
            try await waitForConnection(one, two)
            try await waitForConnection(two, one)
            try await flushThrough(from: one, to: two)
            await one.meet(three)
            await two.meet()
            try await wait(for: "the end of the connection with a peer that was taken from the list") {
                !one.listener.now.present.contains(2) && !two.listener.now.present.contains(1)
            }
            let samples = EnvelopeSamples(from: one.member, to: two.member)
            await one.send([samples.heartbeat(1), samples.question(2)])
            try await flushThrough(from: one, to: three)
        }
        await one.meet(two, three)
        try await waitForConnection(one, two)
        try await flushThrough(from: one, to: two)
        let samples = EnvelopeSamples(from: one.member, to: two.member)
        try expectNone(
            of: [samples.heartbeat(1), samples.question(2)], at: two, "what was sent to a peer taken from the list")
    }

    func addressInUse() async throws {
        let (one, two) = try await pair()
        let rival = try prepare(2, incarnation: 5)
        do {
            try await rival.transport.start(
                identity: rival.identity(name: "demo", cluster: Self.cluster), receiver: rival.listener)
            await rival.stop()
            throw failure("a second node started on an address in use")
        } catch let failure as ConformanceFailure {
            throw failure
        } catch is TransportError {
            await rival.stop()
        } catch {
            await rival.stop()
            throw failure("starting on an address in use threw what is no TransportError: \(error)")
        }
        try await flushThrough(from: one, to: two)
        try await flushThrough(from: two, to: one)
    }

    func shutdown() async throws {
        let (one, two) = try await pair()
        let samples = EnvelopeSamples(from: two.member, to: one.member)
        try await flushThrough(from: two, to: one)
        // Some are under way while it shuts down.
        await two.send((1...500).map { samples.heartbeat(UInt64($0)) })
        await one.transport.shutdown()
        let calls = one.listener.now.calls
        await two.send((501...600).map { samples.heartbeat(UInt64($0)) })
        await one.transport.shutdown()
        // A transport that is shut down takes calls, and does nothing.
        await one.send([EnvelopeSamples(from: one.member, to: two.member).heartbeat(1)])
        await one.meet(two)
        let three = try await start(3)
        await three.meet(two)
        try await waitForConnection(three, two)
        try await flushThrough(from: three, to: two)
        try expectNone(
            of: [EnvelopeSamples(from: one.member, to: two.member).heartbeat(1)], at: two,
            "what was sent after the shutdown")
        guard one.listener.now.calls == calls else {
            throw failure("the receiver was called \(one.listener.now.calls - calls) times after the shutdown")
        }
        await stop(two)
        await stop(one)
        // Never started, and shut down.
        await (try prepare(4)).stop()
    }
}
