import RaftMembership
import Testing

@testable import RaftCore

/// Streams of one driver, with lanes and time moved by hand: nothing comes that the test did not bring about.
@Suite("Streams of leadership, membership and snapshots")
struct WatchingTests {
    private func leadership(_ bench: DriverBench, _ id: UInt64 = 1) -> AsyncStream<RaftLeadership> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: RaftLeadership.self, bufferingPolicy: .bufferingNewest(1))
        bench.driver.post(.watch(.leadership(continuation), id))
        bench.settle()
        return stream
    }

    private func membership(_ bench: DriverBench, _ id: UInt64 = 1, room: Int = 100) -> RaftEvents<MembershipEvent> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: NumberedEvent<MembershipEvent>.self, bufferingPolicy: .bufferingNewest(room))
        bench.driver.post(.watch(.membership(continuation), id))
        bench.settle()
        return RaftEvents(stream, missed: \.missed)
    }

    private func snapshots(_ bench: DriverBench, _ id: UInt64 = 1) -> RaftEvents<SnapshotEvent> {
        let (stream, continuation) = AsyncStream.makeStream(of: NumberedEvent<SnapshotEvent>.self)
        bench.driver.post(.watch(.snapshots(continuation), id))
        bench.settle()
        return RaftEvents(stream, missed: \.missed)
    }

    private func change(_ bench: DriverBench, _ changes: MembershipChange...) {
        bench.driver.requestChange(ChangeRequest(changes)) { _ in }
        bench.settle()
    }

    @Test("Of who leads the newest state wins, and only changes are told")
    func leadershipStates() async throws {
        let bench = try DriverBench()
        let reader = leadership(bench)
        var states = reader.makeAsyncIterator()
        #expect(await states.next() == RaftLeadership(term: 1, leader: nil, role: .follower))
        bench.lead()
        #expect(await states.next() == RaftLeadership(term: 2, leader: LeaderHint(id: 1), role: .leader))
        // Commits change nothing about that; what comes next is the failure.
        bench.propose(1, 2, 3)
        bench.settle()
        bench.storage.fail(StorageError(.io, "the disk is gone"))
        bench.propose(4)
        bench.settle()
        #expect(await states.next()?.role == .fenced)
        #expect(bench.stop())
        #expect(await states.next() == nil)
    }

    @Test("A change of membership is told step by step, and to each reader (§6)")
    func membershipSteps() async throws {
        let bench = try DriverBench()
        bench.lead()
        let readers = [membership(bench, 1), membership(bench, 2)]
        change(bench, .setAddresses(1, ["memory:elsewhere"]))
        #expect(bench.stop())
        for reader in readers {
            var kinds: [MembershipEvent.Kind] = []
            var last: MembershipEvent?
            for await event in reader {
                kinds.append(event.kind)
                last = event
                #expect(event.missed == 0)
            }
            #expect(kinds == [.present, .appended, .committed, .readdressed])
            #expect(last?.configuration == bench.engine.committed && last?.member == TestEngine.member(1))
        }
    }

    @Test("A reader that does not keep up loses the oldest events, and is told how many; the driver goes on")
    func gap() async throws {
        let bench = try DriverBench()
        bench.lead()
        let slow = membership(bench, room: 4)
        // Three events each, after the first one.
        for number in 1...5 { change(bench, .setAddresses(1, ["memory:new-\(number)"])) }
        #expect(bench.engine.membership.members[0].addresses == ["memory:new-5"])
        var events = slow.makeAsyncIterator()
        let first = await events.next()
        #expect(first?.missed == 12 && first?.kind == .readdressed)
        #expect(first?.configuration.membership.members[0].addresses == ["memory:new-4"])
        for kind in [MembershipEvent.Kind.appended, .committed, .readdressed] {
            let next = await events.next()
            #expect(next?.kind == kind && next?.missed == 0)
        }
        for number in 6...8 { change(bench, .setAddresses(1, ["memory:new-\(number)"])) }
        // Whichever iterator asks, what was handed out was not missed.
        var again = slow.makeAsyncIterator()
        #expect(await again.next()?.missed == 5)
        #expect(await events.next()?.missed == 0)
    }

    @Test("A truncated configuration is undone, and a removal is told (M2, M6)")
    func follower() async throws {
        let bench = try DriverBench(TestEngine.three)
        let reader = membership(bench)
        let last = bench.engine.log.last
        func append(_ term: Term, _ membership: Membership) {
            var builder = EntryBatchBuilder(firstIndex: last.index.next)
            TestEngine.append(membership, term: term, to: &builder)
            bench.receive(
                .appendEntries(
                    AppendEntries(
                        term: term, stream: 1, sequence: 1, previous: last, leaderCommit: 0, entries: builder.finish())),
                from: 2)
            bench.settle()
        }
        append(2, TestEngine.membership([1, 2, 3], learners: [4]))
        append(3, TestEngine.membership([1, 2, 3], learners: [5]))
        bench.receive(.removed(Removed(configuration: LogID(term: 9, index: 99))), from: 2)
        bench.settle()
        #expect(bench.stop())
        var told: [String] = []
        for await event in reader { told.append("\(event.kind) \(event.configuration.id)") }
        #expect(told.first == "present 0@0" || told.first == "present 1@1")
        #expect(Array(told.suffix(4)) == ["appended 2@2", "undone 1@1", "appended 2@3", "removed 99@9"])
    }

    @Test("Nothing is kept for streams that nobody reads any more")
    func nobodyReads() throws {
        let bench = try DriverBench()
        #expect(bench.driver.watchers.isEmpty)
        let streams = (leadership(bench, 1), membership(bench, 2), snapshots(bench, 3))
        #expect(!bench.driver.watchers.isEmpty)
        for id in 1...3 as ClosedRange<UInt64> {
            bench.driver.post(.unsubscribe(id))
            bench.settle()
            #expect(bench.driver.watchers.isEmpty == (id == 3))
        }
        withExtendedLifetime(streams) {}
    }

    @Test("A stream that is asked for when the node has ended is at its end")
    func afterTheEnd() async throws {
        let bench = try DriverBench()
        let (stream, continuation) = AsyncStream.makeStream(of: RaftLeadership.self)
        bench.driver.post(.stop {})
        // In the same turn, behind the order to stop.
        bench.driver.post(.watch(.leadership(continuation), 1))
        bench.settle()
        var count = 0
        for await _ in stream { count += 1 }
        #expect(count <= 1 && bench.driver.watchers.isEmpty)
    }
}
