import RaftMembership
import Testing

@testable import RaftCore

/// Times are what the tests make them: the clock stands still but where it is moved.
@Suite("Queue depths and latencies in the metrics")
struct LatencyTests {
    private func at(_ nanoseconds: UInt64) -> Instant { Instant(nanoseconds: nanoseconds) }

    @Test("Each batch is measured from its append to its commitment, and from its order to the machine's word")
    func positions() {
        var tracker = LatencyTracker()
        tracker.appended(through: 3, at(100))
        tracker.appended(through: 5, at(150))
        tracker.committed(through: 4, at(180))
        #expect(
            tracker.values.commit
                == RaftMetrics.Latency(
                    count: 1, totalNanoseconds: 80, lastNanoseconds: 80, longestNanoseconds: 80))
        tracker.committed(through: 9, at(200))
        #expect(
            tracker.values.commit
                == RaftMetrics.Latency(
                    count: 2, totalNanoseconds: 130, lastNanoseconds: 50, longestNanoseconds: 80))
        #expect(tracker.values.commit.meanNanoseconds == 65 && tracker.values.apply.meanNanoseconds == nil)
        tracker.applied(through: 9, at(300))
        #expect(tracker.values.apply.count == 2 && tracker.values.apply.totalNanoseconds == 220)
    }

    @Test("What was given up is not measured (W2)")
    func abandoned() {
        var tracker = LatencyTracker()
        tracker.appended(through: 3, at(100))
        tracker.appended(through: 5, at(100))
        tracker.abandoned(after: 3)
        tracker.appended(through: 4, at(200))
        tracker.committed(through: 5, at(300))
        #expect(tracker.values.commit.count == 2 && tracker.values.commit.lastNanoseconds == 100)
        tracker.readRequested(1, at(100))
        tracker.readRequested(2, at(110))
        tracker.readRequested(3, at(120))
        tracker.readFailed(2)
        tracker.readConfirmed(3, at(200))
        tracker.readConfirmed(2, at(200))
        tracker.readConfirmed(1, at(200))
        #expect(tracker.values.read.count == 2 && tracker.values.read.totalNanoseconds == 180)
    }

    @Test("However many wait, what is kept is bounded, and measuring goes on behind them")
    func bounded() {
        var tracker = LatencyTracker()
        for id in 1...5000 as ClosedRange<UInt64> { tracker.readRequested(id, at(id)) }
        for id in 1...5000 as ClosedRange<UInt64> { tracker.readConfirmed(id, at(10_000)) }
        #expect(tracker.values.read.count == 1024)
        for id in 5001...9000 as ClosedRange<UInt64> {
            tracker.readRequested(id, at(id))
            tracker.readConfirmed(id, at(id + 7))
        }
        #expect(tracker.values.read.count == 5024 && tracker.values.read.lastNanoseconds == 7)
    }

    @Test(
        "A write, its commitment and its application are measured over the turns of a driver", arguments: [true, false])
    func driver(_ isInline: Bool) throws {
        let bench = try DriverBench(isInline: isInline)
        bench.lead()
        let before = bench.driver.metrics(bench.environment.now()).latencies
        bench.propose(1)
        bench.environment.driver.run()
        let under = bench.driver.metrics(bench.environment.now())
        #expect(under.queues.writes == 1 && under.pendingProposals == 1 && under.latencies == before)
        bench.environment.set(bench.environment.now() + 40)
        bench.environment.storage.run()
        bench.driver.post(.alarm)
        #expect(bench.driver.metrics(bench.environment.now()).queues.inbox == 2)
        bench.environment.driver.run()
        if !isInline { #expect(bench.driver.metrics(bench.environment.now()).queues.machine == 1) }
        bench.environment.set(bench.environment.now() + 60)
        bench.settle()
        let after = bench.driver.metrics(bench.environment.now())
        #expect(after.latencies.write.count == before.write.count + 1 && after.latencies.write.lastNanoseconds == 40)
        #expect(after.latencies.commit.count == before.commit.count + 1)
        #expect(after.latencies.commit.lastNanoseconds == 40)
        #expect(after.latencies.apply.count == before.apply.count + 1)
        #expect(after.latencies.apply.lastNanoseconds == (isInline ? 0 : 60))
        #expect(after.queues == RaftMetrics.Queues())
    }

    @Test("A read is measured until it is confirmed, and a peer's round trip by its heartbeats")
    func reads() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.lead()
        // The round with which the term began.
        bench.answerHeartbeat()
        bench.read()
        bench.environment.driver.run()
        #expect(bench.driver.metrics(bench.environment.now()).queues.reads == 1)
        bench.environment.set(bench.environment.now() + 500)
        bench.answerHeartbeat()
        let metrics = bench.driver.metrics(bench.environment.now())
        #expect(metrics.queues.reads == 0 && bench.reads.values.count == 1)
        #expect(metrics.latencies.read.count == 1 && metrics.latencies.read.lastNanoseconds == 500)
        #expect(metrics.peers.first { $0.id == 2 }?.roundTripNanoseconds == 500)
        #expect(metrics.peers.first { $0.id == 3 }?.roundTripNanoseconds == nil)
    }
}
