@testable import RaftCore
import RaftMembership
import Testing

/// Rules K1 and K2.
@Suite("Clocks")
struct ClockTests {
    @Test("A clock that has run for centuries does not overflow (K1)")
    func lateClock() throws {
        var engine = try TestEngine(1, TestEngine.membership([1]))
        engine.now = Instant(rawValue: 1 << 63)
        engine.deadline()
        engine.persist()
        #expect(engine.engine.role == .leader)
        for _ in 0..<10 { engine.deadline() }
        #expect(engine.engine.role == .leader && engine.engine.nextDeadline > engine.now)
        engine.now = Instant(rawValue: .max - 1000)
        engine.step(.deadlineReached)
        #expect(engine.engine.nextDeadline == .distantFuture)
    }

    @Test("After a suspend of a hundred days the missed beats are skipped at once (K1, K2)")
    func suspend() throws {
        var engine = try TestEngine(1, TestEngine.membership([1]))
        engine.lead()
        let origin = engine.engine.nextDeadline
        engine.now = engine.now + 100 * 86_400 * 1_000_000_000
        let clock = ContinuousClock()
        let spent = clock.measure { engine.step(.deadlineReached) }
        let period = engine.engine.configuration.heartbeatInterval
        #expect((engine.engine.nextDeadline - origin) % period == 0)
        #expect(engine.engine.nextDeadline - engine.now <= period)
        // Generous: a loop over the missed beats takes many seconds.
        #expect(spent < .milliseconds(500))
    }

    @Test("Heartbeats are due at a random origin plus whole periods, however late the timer fires (K2)")
    func noDrift() throws {
        var origins: Set<UInt64> = []
        for seed in 1...20 as ClosedRange<UInt64> {
            var engine = try TestEngine(1, TestEngine.membership([1]), seed: seed)
            engine.lead()
            let origin = engine.engine.nextDeadline
            let period = engine.engine.configuration.heartbeatInterval
            origins.insert(origin - engine.now)
            for late in [0, 1, 7, 49, 120] as [UInt64] {
                engine.now = engine.engine.nextDeadline
                engine.pass(milliseconds: late)
                engine.step(.deadlineReached)
                #expect((engine.engine.nextDeadline - origin) % period == 0)
            }
        }
        #expect(origins.count > 15)
    }
}
