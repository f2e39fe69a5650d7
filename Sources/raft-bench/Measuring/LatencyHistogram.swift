import Synchronization

/// Counts latencies in buckets whose width grows with the value: 64 to each power of two, so a quantile is off by less
/// than 1.6 %, and recording costs one addition.
///
/// Any thread may record; readers come when the load has ended. Values are nanoseconds.
final class LatencyHistogram: Sendable {
    private static let bitsInOctave = 6
    private static let bucketsInOctave = 1 << bitsInOctave
    /// Up to 2^42 ns, more than an hour; what is longer counts as that.
    private static let octaves = 42 - bitsInOctave + 1
    private static let bucketCount = octaves * bucketsInOctave

    /// One counter a bucket. Atomic, because the tasks that share a histogram run on several threads.
    private struct Counter: ~Copyable, Sendable {
        let value = Atomic<UInt64>(0)
    }

    // Immutable pointer to atomics that live as long as this object: nothing here needs a lock.
    private nonisolated(unsafe) let counters: UnsafeMutablePointer<Counter>
    private let longest = Atomic<UInt64>(0)

    init() {
        counters = .allocate(capacity: Self.bucketCount)
        for position in 0..<Self.bucketCount { (counters + position).initialize(to: Counter()) }
    }

    deinit {
        counters.deinitialize(count: Self.bucketCount)
        counters.deallocate()
    }

    func record(_ nanoseconds: UInt64) {
        counters[Self.bucket(of: nanoseconds)].value.wrappingAdd(1, ordering: .relaxed)
        if nanoseconds > longest.load(ordering: .relaxed) { longest.max(nanoseconds, ordering: .relaxed) }
    }

    private static func bucket(of value: UInt64) -> Int {
        let octave = max(0, UInt64.bitWidth - value.leadingZeroBitCount - bitsInOctave)
        // The first two octaves share a width of one.
        if octave <= 1 { return Int(value) }
        return min((octave - 1) * bucketsInOctave + Int(value >> (octave - 1)), bucketCount - 1)
    }

    /// The greatest value that falls into a bucket.
    private static func upperBound(of bucket: Int) -> UInt64 {
        let octave = bucket / bucketsInOctave
        if octave <= 1 { return UInt64(bucket) }
        let offset = UInt64(bucket % bucketsInOctave + bucketsInOctave)
        return ((offset + 1) << (octave - 1)) - 1
    }

    private func count(_ bucket: Int) -> UInt64 { counters[bucket].value.load(ordering: .relaxed) }

    /// The sum of `parts`.
    static func summary(of parts: [LatencyHistogram]) -> LatencySummary {
        var counts = [UInt64](repeating: 0, count: bucketCount)
        var longest: UInt64 = 0
        for part in parts {
            for bucket in 0..<bucketCount { counts[bucket] += part.count(bucket) }
            longest = max(longest, part.longest.load(ordering: .relaxed))
        }
        let total = counts.reduce(0, +)
        func quantile(_ fraction: Double) -> UInt64 {
            guard total > 0 else { return 0 }
            let rank = UInt64((fraction * Double(total)).rounded(.up))
            var seen: UInt64 = 0
            for bucket in 0..<bucketCount {
                seen += counts[bucket]
                if seen >= max(rank, 1) { return min(upperBound(of: bucket), longest) }
            }
            return longest
        }
        return LatencySummary(
            count: total, median: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), longest: longest)
    }
}

/// What a row says of its latencies, in nanoseconds.
struct LatencySummary: Hashable, Sendable {
    var count: UInt64
    var median: UInt64
    var p99: UInt64
    var p999: UInt64
    var longest: UInt64
}
