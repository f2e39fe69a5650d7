import RaftThreads
import Testing

@Suite("Clocks and randomness")
struct ClockTests {
    @Test("The monotonic clock never goes back and moves on")
    func monotonic() {
        var last = MonotonicClock.nanoseconds()
        let start = last
        for _ in 0..<10_000 {
            let now = MonotonicClock.nanoseconds()
            #expect(now >= last)
            last = now
        }
        #expect(last > start)
    }

    @Test("The wall clock stands after this was written")
    func wall() {
        #expect(WallClock.nanoseconds() > 1_700_000_000_000_000_000)
    }

    @Test("Random numbers differ and use all bits")
    func random() {
        let numbers = (0..<1000).map { _ in RandomSource.next() }
        #expect(Set(numbers).count == 1000)
        #expect(numbers.reduce(0, |) == .max)
        #expect(numbers.reduce(.max, &) == 0)
    }
}
