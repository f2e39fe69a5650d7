import Testing

@testable import RaftCore

@Suite("A histogram counts values in fixed ranges")
struct RaftHistogramTests {
    private static let scales: [RaftHistogram] = [.durations, .sizes, .bytes, RaftHistogram(bounds: [0, 1, 3])]

    @Test("A bucket takes its bound and nothing above it", arguments: scales)
    func edges(_ empty: RaftHistogram) {
        for (bucket, bound) in empty.bounds.enumerated() {
            var histogram = empty
            histogram.record(bound)
            #expect(histogram.counts.firstIndex(of: 1) == bucket)
            histogram.record(bound + 1)
            #expect(histogram.counts[bucket] == 1 && histogram.counts[bucket + 1] == 1)
            #expect(histogram.count == 2 && histogram.sum == 2 * bound + 1)
        }
    }

    @Test("Any value is where a search from the first bucket on would put it", arguments: scales)
    func anywhere(_ empty: RaftHistogram) {
        var random = RandomNumbers(seed: 7)
        let powers: [UInt64] = (0..<64).flatMap { (bit: UInt64) in [(1 << bit) - 1, 1 << bit, (1 << bit) + 1] }
        for value in powers + (0..<1000).map({ _ in random.next() >> (random.next() % 64) }) {
            var histogram = empty
            histogram.record(value)
            let expected = empty.bounds.firstIndex { value <= $0 } ?? empty.bounds.count
            #expect(histogram.counts.firstIndex(of: 1) == expected, "\(value), seed 7")
        }
    }

    @Test("What is above the last bound has a bucket of its own, and counts as that bound in a quantile")
    func overflow() {
        var histogram = RaftHistogram(bounds: [10, 20])
        histogram.record(.max)
        histogram.record(21)
        #expect(histogram.counts == [0, 0, 2] && histogram.quantile(0.5) == 20 && histogram.quantile(1) == 20)
        // Nothing traps: the sum goes round.
        #expect(histogram.sum == 20 && histogram.count == 2)
    }

    @Test("A value may be recorded as often as it came")
    func times() {
        var histogram = RaftHistogram(bounds: [10, 20])
        histogram.record(5, times: 7)
        histogram.record(15, times: 0)
        #expect(histogram.counts == [7, 0, 0] && histogram.sum == 35)
    }

    @Test("Quantiles lie evenly within their bucket, and there are none without values")
    func quantiles() {
        var histogram = RaftHistogram(bounds: [10, 20, 40])
        #expect(histogram.quantile(0.5) == nil)
        histogram.record(1, times: 10)
        histogram.record(30, times: 10)
        #expect(histogram.quantile(0.25) == 5 && histogram.quantile(0.5) == 10)
        #expect(histogram.quantile(0.75) == 30 && histogram.quantile(1) == 40)
        #expect(histogram.quantile(-1) == 0 && histogram.quantile(2) == 40)
    }

    @Test("The scales are what the documentation says")
    func documented() {
        #expect(RaftHistogram.durations.bounds.prefix(4) == [1000, 2000, 5000, 10_000])
        #expect(RaftHistogram.durations.bounds.last == 50_000_000_000)
        #expect(RaftHistogram.sizes.bounds.prefix(4) == [1, 2, 5, 10] && RaftHistogram.sizes.bounds.last == 50_000)
        #expect(RaftHistogram.bytes.bounds.prefix(2) == [64, 256] && RaftHistogram.bytes.bounds.last == 64 << 20)
    }

    @Test("A copy stays what it was")
    func copies() {
        var histogram = RaftHistogram(bounds: [10])
        histogram.record(1)
        let copy = histogram.copied()
        histogram.record(1)
        #expect(copy.count == 1 && histogram.count == 2 && copy != histogram)
    }
}
