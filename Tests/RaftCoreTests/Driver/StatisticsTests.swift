import RaftMembership
import Synchronization
import Testing

@testable import RaftCore

/// Counts of one driver, with lanes and time moved by hand.
@Suite("What a driver counts")
struct StatisticsTests {
    private func statistics(_ bench: DriverBench) -> RaftStatistics {
        bench.driver.statistics(bench.environment.now())
    }

    @Test("Each proposal is counted and measured once, from its append to its commitment (W1, W5)")
    func proposals() throws {
        let bench = try DriverBench()
        bench.lead()
        let before = statistics(bench)
        bench.propose(1, 2, 3)
        bench.environment.driver.run()
        #expect(statistics(bench).proposals.accepted == before.proposals.accepted + 3)
        #expect(statistics(bench).proposeToCommit == before.proposeToCommit)
        bench.environment.set(bench.environment.now() + 40_000)
        bench.environment.storage.run()
        bench.environment.driver.run()
        bench.settle()
        let after = statistics(bench)
        #expect(after.proposeToCommit.count == before.proposeToCommit.count + 3)
        #expect(after.proposeToCommit.sum == before.proposeToCommit.sum + 3 * 40_000)
        #expect(after.commitToApply.count == before.commitToApply.count + 3)
        #expect(after.entriesCommitted == before.entriesCommitted + 3)
        #expect(after.entriesApplied == before.entriesApplied + 3)
        #expect(after.entriesApplied == UInt64(after.metrics.appliedIndex.rawValue))
        #expect(after.batchEntries.count == before.batchEntries.count + 1)
        #expect(after.batchEntries.sum == before.batchEntries.sum + 3)
        let entries = try #require(bench.engine.log.cachedEntries(from: bench.engine.log.last.index + -2, maxCount: 3))
        #expect(after.batchBytes.sum == before.batchBytes.sum + UInt64(entries.byteCount))
        #expect(after.storageCommit.count == UInt64(bench.storage.commits.count) - 1, "one made the bench's log")
        #expect(after.metrics == bench.driver.metrics(bench.environment.now()))
    }

    @Test("A proposal that is not appended is rejected, whoever finds that out (W1)")
    func rejected() throws {
        var configuration = RaftConfiguration()
        configuration.maximumUncommittedBytes = 70
        configuration.inboxCalls = 4
        let bench = try DriverBench(configuration: configuration)
        // Nobody leads yet.
        bench.propose(1)
        bench.settle()
        #expect(statistics(bench).proposals == counts(accepted: 0, rejected: 1))
        bench.lead()
        bench.propose(1, 2, 3)
        bench.settle()
        #expect(statistics(bench).proposals == counts(accepted: 2, rejected: 2))
        #expect(bench.proposals.errors.count == 2)
        #expect(bench.stop())
        #expect(bench.driver.finalStatistics.proposals == counts(accepted: 2, rejected: 2))
    }

    @Test("A proposal that loses its leader, its disk or its machine is unknown (W1, W2)", arguments: [true, false])
    func unknown(_ isInline: Bool) throws {
        let failing = try DriverBench(isInline: isInline)
        failing.lead()
        failing.storage.fail(StorageError(.io, "the disk is gone"))
        failing.propose(1, 2)
        failing.settle()
        #expect(statistics(failing).proposals == counts(accepted: 2, unknown: 2))

        let breaking = try DriverBench(isInline: isInline)
        breaking.lead()
        breaking.propose(1, 254, 3)
        breaking.settle()
        #expect(statistics(breaking).proposals == counts(accepted: 3, unknown: 2))

        // Refused by the machine: it was committed, and that is known.
        let refusing = try DriverBench(isInline: isInline)
        refusing.lead()
        refusing.propose(255)
        refusing.settle()
        #expect(statistics(refusing).proposals == counts(accepted: 1))
    }

    private func counts(
        accepted: UInt64, rejected: UInt64 = 0, unknown: UInt64 = 0
    ) -> RaftStatistics.Proposals {
        RaftStatistics.Proposals(accepted: accepted, rejected: rejected, unknown: unknown)
    }

    @Test("Reads are counted by what was asked for, and those that come to nothing beside (R3)")
    func reads() throws {
        let bench = try DriverBench()
        bench.read(.follower)
        bench.settle()
        bench.lead()
        for kind in [ReadKind.linearizable, .lease, .lease, .stale(atMost: 1), .anyAge] { bench.read(kind) }
        bench.settle()
        let after = statistics(bench)
        #expect(
            after.reads
                == RaftStatistics.Reads(linearizable: 1, lease: 2, follower: 1, bounded: 1, stale: 1, failed: 1))
        #expect(after.readConfirmation.count == 4, "one failed, and one needs no word")
    }

    @Test("Elections and the leaders that come of them are counted (§5.2, D§9.6)")
    func elections() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.lead()
        var after = statistics(bench)
        #expect(after.elections.preVotes >= 1 && after.elections.started == 1 && after.elections.won == 1)
        #expect(after.elections.leaderChanges == 1)
        bench.receive(
            .heartbeat(
                Heartbeat(term: bench.engine.term.next, stream: 1, previous: .zero, leaderCommit: 0, round: 1)),
            from: 3)
        bench.settle()
        after = statistics(bench)
        #expect(after.metrics.leader?.id == 3 && after.elections.leaderChanges == 2 && after.elections.won == 1)
    }

    @Test("Each answered heartbeat is a round trip of its peer; who leaves is forgotten")
    func roundTrips() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.lead()
        bench.answerHeartbeat()
        let before = try #require(statistics(bench).roundTrips.first)
        #expect(before.peer == 2 && before.nanoseconds.count == 1)
        // An answer to nothing.
        bench.answerHeartbeat()
        #expect(statistics(bench).roundTrips == [before])
        bench.read()
        bench.environment.driver.run()
        bench.environment.set(bench.environment.now() + 3000)
        bench.answerHeartbeat()
        let after = try #require(statistics(bench).roundTrips.first)
        #expect(after.nanoseconds.count == 2 && after.nanoseconds.sum == before.nanoseconds.sum + 3000)

        var tally = DriverTally()
        tally.roundTrip(5, to: 2)
        tally.roundTrip(5, to: 7)
        tally.keepRoundTrips(of: TestEngine.membership([1, 2, 3]))
        #expect(tally.roundTrips.map(\.peer) == [2])
    }

    @Test("Messages for which the inbox has no room are counted (N2)")
    func inbox() throws {
        var configuration = RaftConfiguration()
        configuration.inboxMessages = 2
        let bench = try DriverBench(TestEngine.three, configuration: configuration)
        let beat = Message.heartbeat(
            Heartbeat(term: 2, stream: 1, previous: .zero, leaderCommit: 0, round: 1))
        for _ in 0..<5 { bench.receive(beat) }
        bench.settle()
        #expect(statistics(bench).inboxDropped == 3)
    }

    @Test("Transactions of storage are measured by the node's clock, those that fail are not (D1, D2)")
    func storage() throws {
        let storage = CountingStorage()
        let lane = ManualLane()
        let clock = Mutex<UInt64>(0)
        let writer = StorageWriter(
            storage: storage, lane: lane, group: .first, configuration: RaftConfiguration(),
            clock: {
                clock.withLock { time in
                    time += 1500
                    return Instant(nanoseconds: time)
                }
            }, report: { _ in })
        var hard = HardState(cluster: TestEngine.cluster, member: TestEngine.member(1), term: 1)
        for term in 1...3 as ClosedRange<UInt64> {
            hard.term = Term(term)
            var batches = [StorageBatch(group: .first, hardState: hard)]
            var ids = [WriteID(rawValue: term)]
            writer.submit(&batches, &ids)
            lane.run()
        }
        #expect(writer.durations.count == 3 && writer.durations.sum == 3 * 1500)
        storage.fail(StorageError(.io, "the disk is gone"))
        var batches = [StorageBatch(group: .first, hardState: hard)]
        var ids = [WriteID(rawValue: 4)]
        writer.submit(&batches, &ids)
        lane.run()
        #expect(writer.durations.count == 3)
    }

    @Test("Where storage commits at once nothing of it is measured, and all the rest is")
    func inlineStorage() throws {
        let bench = try DriverBench(commitsInstantly: true)
        bench.ring()
        bench.propose(1, 2)
        bench.settle()
        let after = statistics(bench)
        #expect(after.storageCommit.count == 0 && after.proposeToCommit.count == 2 && after.batchEntries.sum >= 3)
    }

    @Test("A restored state counts neither as committed nor as applied")
    func restored() {
        var tally = DriverTally()
        tally.applied(through: 5, after: 0)
        tally.restores(through: 100)
        tally.applied(through: 100, after: 5)
        tally.applied(through: 103, after: 100)
        #expect(tally.applied == 8)
    }

    @Test("After its end a node still says what it has done")
    func theEnd() throws {
        let bench = try DriverBench()
        bench.lead()
        bench.propose(1)
        bench.settle()
        #expect(bench.stop())
        #expect(bench.driver.finalStatistics.proposals.accepted == 1)
        #expect(bench.driver.finalStatistics.metrics.failure != nil)
    }
}
