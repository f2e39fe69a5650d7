/// Recordings of several nodes, or of several processes of one, on one timeline.
///
/// By each node's own clock: what happened on two machines within the difference of their clocks may stand in the wrong
/// order. What a node recorded twice, in a dump and in a file, is there once.
public struct MergedRecording: Sendable {
    public struct Entry: Sendable {
        public var node: UInt64
        public var process: UInt32
        /// When its recording began: in a container each process of a node has the same id.
        public var started: UInt64
        public var event: FlightRecording.Event
    }

    /// The earliest first.
    public let entries: [Entry]
    /// A recording of each process, by when it ended.
    let ends: [UInt64: [(life: Life, time: UInt64)]]

    /// One process of a node.
    struct Life: Hashable {
        var process: UInt32
        /// When its recording began.
        var started: UInt64
    }

    public init(_ recordings: [FlightRecording]) {
        struct Key: Hashable {
            var node: UInt64
            var life: Life
            var number: UInt64
        }
        var seen: Set<Key> = []
        var entries: [Entry] = []
        var ends: [UInt64: [(life: Life, time: UInt64)]] = [:]
        for recording in recordings {
            let life = Life(process: recording.process, started: recording.started)
            for event in recording.events {
                let key = Key(node: recording.node, life: life, number: event.number)
                guard seen.insert(key).inserted else { continue }
                entries.append(
                    Entry(
                        node: recording.node, process: recording.process, started: recording.started, event: event))
            }
            if let last = recording.events.last {
                var known = ends[recording.node] ?? []
                known.removeAll { $0.life == life && $0.time <= last.time }
                if !known.contains(where: { $0.life == life }) { known.append((life, last.time)) }
                ends[recording.node] = known
            }
        }
        self.entries = entries.sorted {
            ($0.event.time, $0.node, $0.event.number) < ($1.event.time, $1.node, $1.event.number)
        }
        self.ends = ends
    }
}

extension MergedRecording.Entry {
    var life: MergedRecording.Life { MergedRecording.Life(process: process, started: started) }
}
