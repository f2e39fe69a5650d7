import RaftMembership

/// Measures how long things take, between turns of the driver, which knows the time anyway: no clock is read for it.
struct LatencyTracker {
    private(set) var values = RaftMetrics.Latencies()
    /// By proposal, entry and read, where `values` has one for each batch of them.
    private(set) var commits = RaftHistogram.durations
    private(set) var applications = RaftHistogram.durations
    private(set) var confirmations = RaftHistogram.durations
    private var appended = Marks()
    private var ordered = Marks()
    private var reads = Marks()

    /// - Parameter order: when the oldest write that is durable now was ordered.
    mutating func written(since order: Instant?, _ now: Instant) {
        if let order { values.write.record(now - order) }
    }

    /// - Parameter count: proposals in the batch that ends there.
    mutating func appended(through index: LogIndex, count: Int = 1, _ now: Instant) {
        appended.set(index.rawValue, now, count)
    }

    /// Committed, and from now on for the machine to apply.
    /// - Parameter count: entries that were not known to be committed before.
    mutating func committed(through index: LogIndex, count: Int = 1, _ now: Instant) {
        appended.take(through: index.rawValue, now, into: &values.commit, &commits)
        ordered.set(index.rawValue, now, count)
    }

    mutating func abandoned(after index: LogIndex) { appended.drop(after: index.rawValue) }

    mutating func applied(through index: LogIndex, _ now: Instant) {
        ordered.take(through: index.rawValue, now, into: &values.apply, &applications)
    }

    mutating func readRequested(_ id: UInt64, _ now: Instant) { reads.set(id, now, 1) }

    mutating func readConfirmed(_ id: UInt64, _ now: Instant) {
        guard let requested = reads.take(id) else { return }
        values.read.record(now - requested)
        confirmations.record(now - requested)
    }

    mutating func readFailed(_ id: UInt64) { _ = reads.take(id) }
}

/// When positions were set that rise. Bounded: of many that wait, the later ones are not measured.
private struct Marks {
    private static let limit = 1024

    private var marks: [(position: UInt64, at: Instant, count: Int)] = []
    private var head = 0

    /// - Parameter count: of what is measured by one mark.
    mutating func set(_ position: UInt64, _ now: Instant, _ count: Int) {
        if let last = marks.last, last.position >= position { return }
        guard marks.count - head < Self.limit else { return }
        marks.append((position, now, count))
    }

    mutating func take(
        through position: UInt64, _ now: Instant, into latency: inout RaftMetrics.Latency,
        _ histogram: inout RaftHistogram
    ) {
        while head < marks.count, marks[head].position <= position {
            latency.record(now - marks[head].at)
            histogram.record(now - marks[head].at, times: UInt64(marks[head].count))
            head += 1
        }
        tidy()
    }

    mutating func drop(after position: UInt64) {
        while marks.count > head, marks[marks.count - 1].position > position { marks.removeLast() }
        tidy()
    }

    /// Mostly the first, for what is asked first is answered first.
    mutating func take(_ position: UInt64) -> Instant? {
        var low = head
        var high = marks.count
        while low < high {
            let middle = (low + high) / 2
            if marks[middle].position < position { low = middle + 1 } else { high = middle }
        }
        guard low < marks.count, marks[low].position == position else { return nil }
        let at = marks[low].at
        if low == head { head += 1 } else { marks.remove(at: low) }
        tidy()
        return at
    }

    private mutating func tidy() {
        if head == marks.count {
            marks.removeAll(keepingCapacity: true)
            head = 0
        } else if head >= Self.limit {
            marks.removeFirst(head)
            head = 0
        }
    }
}
