import RaftMembership
import Testing

@testable import RaftCore

/// With lanes moved by hand: a part hangs when its lane does not run.
@Suite("Signs of life")
struct PulseTests {
    private struct Counts: Equatable {
        var driver: UInt64
        var storage: UInt64
        var machine: UInt64

        init(_ pulse: RaftPulse, driver: UInt64 = 0, storage: UInt64 = 0, machine: UInt64 = 0) {
            self.driver = pulse.driver + driver
            self.storage = pulse.storage + storage
            self.machine = pulse.machine + machine
        }
    }

    @Test("An idle node's parts answer each beat", arguments: [true, false])
    func idle(_ isInline: Bool) throws {
        let bench = try DriverBench(isInline: isInline)
        bench.lead()
        let expected = Counts(bench.driver.pulse, driver: 2, storage: 2, machine: 2)
        for _ in 1...2 {
            bench.driver.post(.beat)
            bench.settle()
        }
        #expect(Counts(bench.driver.pulse) == expected)
    }

    @Test("A part that hangs does not answer, and the others do")
    func hanging() throws {
        let bench = try DriverBench(isInline: false)
        bench.lead()
        let pulse = bench.driver.pulse
        var expected = Counts(pulse)
        bench.driver.post(.beat)
        #expect(Counts(pulse) == expected)
        bench.environment.driver.run()
        expected.driver += 1
        #expect(Counts(pulse) == expected)
        bench.environment.machine.run()
        expected.machine += 1
        #expect(Counts(pulse) == expected)
        bench.environment.storage.run()
        expected.storage += 1
        #expect(Counts(pulse) == expected)
    }

    @Test("A part that is busy counts its work, though no beat gets its turn")
    func busy() throws {
        let bench = try DriverBench(isInline: false)
        bench.lead()
        let before = Counts(bench.driver.pulse)
        bench.propose(1, 2, 3)
        bench.settle()
        let after = Counts(bench.driver.pulse)
        #expect(bench.proposals.values == [1, 2, 3])
        #expect(after.driver == before.driver && after.storage > before.storage)
        #expect(after.machine == before.machine + 3)
    }

    @Test("A node that has ended takes beats, and answers none")
    func ended() throws {
        let bench = try DriverBench()
        #expect(bench.stop())
        let before = Counts(bench.driver.pulse)
        bench.driver.post(.beat)
        bench.settle()
        #expect(Counts(bench.driver.pulse) == before)
    }
}
