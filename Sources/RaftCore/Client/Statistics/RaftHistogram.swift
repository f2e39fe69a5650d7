/// How often values fell into ranges that are fixed, and their sum: what Prometheus calls a histogram.
///
/// To record costs a look at the value's highest bit, a comparison or two, and two additions; nothing is allocated. One
/// place writes it; others read copies.
public struct RaftHistogram: Hashable, Sendable {
    /// The greatest value that each bucket takes, rising.
    public let bounds: [UInt64]
    /// How many values each bucket took, not cumulative; at the end, how many were above the last bound.
    public private(set) var counts: [UInt64]
    /// Of all values; wraps around.
    public private(set) var sum: UInt64 = 0
    /// By the number of a value's bits, the first bucket that could take it.
    private let starts: [UInt8]

    /// - Parameter bounds: rising, 255 at most.
    package init(bounds: [UInt64]) {
        precondition(bounds.count <= Int(UInt8.max) && zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        self.bounds = bounds
        counts = [UInt64](repeating: 0, count: bounds.count + 1)
        starts = (0...UInt64.bitWidth).map { bits in
            let smallest: UInt64 = bits == 0 ? 0 : 1 << UInt64(bits - 1)
            return UInt8(bounds.firstIndex { $0 >= smallest } ?? bounds.count)
        }
    }

    /// How many values there were.
    public var count: UInt64 { counts.reduce(0, &+) }

    /// Adds a value, as often as it came.
    package mutating func record(_ value: UInt64, times: UInt64 = 1) {
        var bucket = Int(starts[UInt64.bitWidth - value.leadingZeroBitCount])
        while bucket < bounds.count, bounds[bucket] < value { bucket += 1 }
        counts[bucket] &+= times
        sum &+= value &* times
    }

    /// The value that this part of all values does not exceed, as if those of a bucket lay evenly in it; nil without
    /// values. What is above the last bound counts as that bound.
    ///
    /// - Parameter fraction: from 0 to 1; 0.5 for the median.
    public func quantile(_ fraction: Double) -> Double? {
        let total = count
        guard total > 0 else { return nil }
        let rank = min(max(fraction, 0), 1) * Double(total)
        var below: UInt64 = 0
        for (bucket, bound) in bounds.enumerated() {
            let upTo = below &+ counts[bucket]
            if counts[bucket] > 0, Double(upTo) >= rank {
                let start = bucket == 0 ? 0 : Double(bounds[bucket - 1])
                return start + (Double(bound) - start) * (rank - Double(below)) / Double(counts[bucket])
            }
            below = upTo
        }
        return bounds.last.map { Double($0) }
    }

    /// With memory of its own, so that whoever writes the original goes on where it is.
    func copied() -> RaftHistogram {
        var copy = self
        copy.counts = counts.map { $0 }
        return copy
    }
}

extension RaftHistogram {
    /// For nanoseconds: 1, 2 and 5 of each power of ten from 1 µs to 50 s.
    package static var durations: RaftHistogram { RaftHistogram(bounds: decades(from: 1000, count: 8)) }
    /// For numbers of entries: 1, 2 and 5 of each power of ten up to 50,000.
    package static var sizes: RaftHistogram { RaftHistogram(bounds: decades(from: 1, count: 5)) }
    /// For bytes: powers of four from 64 to 64 MiB.
    package static var bytes: RaftHistogram {
        RaftHistogram(bounds: (3...13).map { (power: UInt64) in 1 << (2 * power) })
    }

    private static func decades(from first: UInt64, count: Int) -> [UInt64] {
        var bounds: [UInt64] = []
        var decade = first
        for _ in 0..<count {
            bounds += [decade, 2 * decade, 5 * decade]
            decade *= 10
        }
        return bounds
    }
}
