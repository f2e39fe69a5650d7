import RaftCore
import RaftMembership

extension TransportTrial {
    func connectedTold() async throws {
        let (one, two) = try await pair()
        for (node, other) in [(one, two), (two, one)] {
            let told = node.listener.now.connected
            guard told.allSatisfy({ $0.member == other.member && $0.clientAddresses == other.clientAddresses }) else {
                throw failure(
                    "node \(node.member.id) was told of \(told) instead of \(other.member) and \(other.clientAddresses)"
                )
            }
            guard node.listener.now.disconnected.isEmpty else {
                throw failure("node \(node.member.id) was told of a disconnection that was none")
            }
        }
    }

    func intact() async throws {
        let (one, two) = try await pair()
        for (node, other) in [(one, two), (two, one)] {
            let samples = EnvelopeSamples(from: node.member, to: other.member)
            let entries = EntryBatch.joining([
                StorageSamples.commands(1, 3, size: 5), StorageSamples.entry(.noOp, at: 4, term: 2),
                StorageSamples.commands(5, 2, term: 2, size: 3000),
            ])
            let sent =
                samples.everyKind(1) + samples.everyFormationKind(2)
                + [samples.batch(3, entries), samples.batch(4, .empty), samples.batch(5, entries.slice(from: 5))]
            await node.send(sent)
            try await wait(for: "each of \(sent.count) messages to node \(other.member.id)") {
                other.listener.now.envelopes.count >= sent.count
            }
            let found = other.listener.now.envelopes
            guard Set(found) == Set(sent) else {
                let changed = found.first { !sent.contains($0) }
                throw failure("a message came changed: \(changed.map { "\($0)" } ?? "one came twice")")
            }
        }
    }

    func inOrder() async throws {
        let (one, two) = try await pair()
        for (node, other) in [(one, two), (two, one)] {
            let samples = EnvelopeSamples(from: node.member, to: other.member)
            let entries = StorageSamples.commands(1, 2, size: 100)
            let count = UInt64(options.messages)
            for first in stride(from: UInt64(1), through: count, by: 50) {
                await node.send(
                    (first..<first + 50).map { $0 % 3 == 0 ? samples.batch($0, entries) : samples.heartbeat($0) })
            }
            let total = Int((count + 49) / 50 * 50)
            try await wait(for: "each of \(total) messages to node \(other.member.id)") {
                other.listener.now.envelopes.count >= total
            }
            // Anything that comes twice has come by the time a later one has.
            try await flushThrough(from: node, to: other)
            let found = other.listener.now.envelopes.filter { ($0.sampleNumber ?? 0) <= UInt64(total) }
            for isUrgent in [true, false] {
                let numbers = found.filter { $0.isUrgent == isUrgent }.compactMap(\.sampleNumber)
                let wanted = (1...UInt64(total)).filter { ($0 % 3 != 0) == isUrgent }
                guard numbers != wanted else { continue }
                let place = zip(numbers, wanted).enumerated().first { $1.0 != $1.1 }?.offset ?? wanted.count
                throw failure(
                    "\(isUrgent ? "urgent" : "bulk") messages came as \(numbers.dropFirst(max(0, place - 2)).prefix(5)) from the \(place)th on"
                )
            }
        }
    }

    func bothDirections() async throws {
        let one = try await start(1)
        let two = try await start(2)
        await one.meet(two)
        await two.meet(one)
        for (node, other) in [(one, two), (two, one)] {
            try await waitForConnection(node, other)
            try await flushThrough(from: node, to: other)
            try await flushThrough(from: node, to: other) { $0.batch($1, StorageSamples.commands(1, 3)) }
        }
    }

    func largeMessages() async throws {
        let (one, two) = try await pair()
        let samples = EnvelopeSamples(from: one.member, to: two.member)
        let limit = options.maximumMessageBytes
        let batches = [
            StorageSamples.commands(1, 1, size: limit - EntryHeader.size),
            StorageSamples.commands(2, limit / (100 + EntryHeader.size), size: 100),
            StorageSamples.commands(3, 4, size: limit / 4 - EntryHeader.size),
        ]
        for (position, entries) in batches.enumerated() {
            let envelope = samples.batch(UInt64(position + 1), entries)
            await one.send([envelope, samples.heartbeat(UInt64(100 + position))])
            try await wait(for: "a batch of \(entries.count) entries and \(entries.byteCount) bytes") {
                two.listener.numbers.contains(UInt64(position + 1))
            }
            guard two.listener.now.envelopes.contains(envelope) else {
                throw failure("a batch of \(entries.count) entries and \(entries.byteCount) bytes came changed")
            }
        }
    }

    func flush() async throws {
        let hub = try await start(1)
        let others = [try await start(2), try await start(3), try await start(4)]
        await hub.meet(others[0], others[1], others[2])
        for other in others {
            try await waitForConnection(hub, other)
            try await flushThrough(from: hub, to: other)
        }
        // Once for all of them; nothing that is sent later may be needed to push it out.
        await hub.onLane { [from = hub.member] transport in
            for number in UInt64(1)...30 {
                for other in others {
                    transport.send(EnvelopeSamples(from: from, to: other.member).heartbeat(number))
                }
            }
            transport.flush()
        }
        for other in others {
            try await wait(for: "what one flush should have sent to node \(other.member.id)") {
                other.listener.numbers.filter { $0 <= 30 } == Array(1...30)
            }
        }
    }

    func wayBack() async throws {
        // The first names the second, which was told of nobody: as when a leader adds an empty node.
        let (one, two) = try await pair()
        let samples = EnvelopeSamples(from: two.member, to: one.member)
        await two.send([samples.heartbeat(1), samples.batch(2, StorageSamples.commands(1, 3))])
        try await wait(for: "an answer from a node that was told of no peers") {
            Set(one.listener.numbers).isSuperset(of: [1, 2])
        }
    }
}
