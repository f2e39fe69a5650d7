@testable import RaftCore
import RaftMembership
import Testing

/// Rule R4: what a read rests on is looked at again when it was executed.
@Suite("The second look at a read")
struct ReadGateTests {
    /// A leader whose lease stands, with a machine on a lane of its own.
    static func leader() throws -> DriverBench {
        let bench = try DriverBench(TestEngine.three, isInline: false)
        bench.lead()
        confirm(bench, promise: 1_000_000_000)
        return bench
    }

    static func confirm(_ bench: DriverBench, promise: UInt64) {
        let progress = bench.engine.progress[1]
        bench.receive(
            .heartbeatReply(
                HeartbeatReply(
                    term: bench.engine.term, stream: progress.stream, round: bench.engine.reads.round, hasMatch: true,
                    accepted: progress.matchIndex, matched: progress.matchIndex, promise: promise)))
        bench.settle()
    }

    @Test("A lease read is answered without a round while the lease stands (R4)")
    func leased() throws {
        let bench = try Self.leader()
        _ = bench.transport.take()
        bench.read(.lease)
        bench.settle()
        #expect(bench.reads.values.count == 1 && bench.transport.take().isEmpty)
    }

    @Test("A lease that ends while the read is executed has a quorum asked (R4)")
    func ended() throws {
        let bench = try Self.leader()
        bench.read(.lease)
        bench.environment.driver.run()
        // The machine's thread comes to it late.
        bench.environment.set(bench.environment.now() + 1_000_000_000)
        _ = bench.transport.take()
        bench.settle()
        #expect(bench.reads.results.isEmpty)
        let rounds = bench.transport.take().compactMap { message -> UInt64? in
            if case .heartbeat(let beat) = message { beat.round } else { nil }
        }
        #expect(!rounds.isEmpty)
        Self.confirm(bench, promise: 0)
        #expect(bench.reads.values.count == 1)
    }

    @Test("A read that grows too old while it waits fails, and says how old it is (R7)")
    func tooOld() throws {
        let bench = try Self.leader()
        bench.read(.stale(atMost: 500_000_000))
        bench.environment.driver.run()
        bench.environment.set(bench.environment.now() + 600_000_000)
        bench.settle()
        #expect(bench.reads.errors.map(\.code) == [.tooStale])
        #expect(bench.reads.errors.first?.message.contains("600 ms ago") == true)
    }

    @Test("A read that comes back to a node that stops ends too (R3)")
    func stopped() throws {
        let bench = try Self.leader()
        bench.read(.lease)
        bench.environment.driver.run()
        bench.environment.set(bench.environment.now() + 1_000_000_000)
        #expect(bench.stop())
        #expect(bench.reads.results.count == 1)
    }
}
