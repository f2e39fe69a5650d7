import Testing

@testable import RaftCore

@Suite("When proposals gather before they are driven")
struct PaceTests {
    /// Wakes the driver once and has it find `count` proposals. Returns whether they gathered.
    private func wake(_ pace: inout Pace, finding count: Int) -> Bool {
        let gathers = pace.gathers()
        pace.drained(count)
        return gathers
    }

    @Test("A lone client is driven at once, and is held up ever more rarely to see whether it has company")
    func lone() {
        var pace = Pace()
        let trials = (0..<100_000).count { _ in wake(&pace, finding: 1) }
        #expect((1...32).contains(trials))
    }

    @Test("A crowd gathers, wake-up after wake-up, until it is gone")
    func crowd() {
        var pace = Pace()
        while !wake(&pace, finding: 8) {}
        let gathered = (0..<1000).count { _ in wake(&pace, finding: 8) }
        #expect(gathered == 1000)
        let last = wake(&pace, finding: 2)
        let next = wake(&pace, finding: 2)
        #expect(last && !next)
    }

    @Test("Only the first drain after a wake-up judges it")
    func first() {
        var pace = Pace()
        while !pace.gathers() {}
        pace.drained(64)
        pace.drained(1)
        let stillGathers = pace.gathers()
        #expect(stillGathers)
    }
}
