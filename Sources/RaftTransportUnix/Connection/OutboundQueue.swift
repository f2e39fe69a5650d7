import NIOCore
import RaftCore

/// What waits for one connection: two bounded lanes, of which the urgent one goes first (rule P6).
struct OutboundQueue {
    private struct Lane {
        let limit: Int
        private(set) var bytes = 0
        /// Nil once taken: a batch of entries is let go of with the last that holds it.
        private var envelopes: [Envelope?] = []
        /// Position of the first that waits: what is before was taken.
        private var head = 0

        init(limit: Int) { self.limit = limit }

        var isEmpty: Bool { head == envelopes.count }
        var count: Int { envelopes.count - head }

        mutating func append(_ envelope: Envelope, size: Int) -> Bool {
            // One always fits, or a batch above the limit would never leave.
            guard isEmpty || bytes + size <= limit else { return false }
            bytes += size
            envelopes.append(envelope)
            return true
        }

        /// Nil when nothing waits.
        mutating func takeFirst() -> Envelope? {
            guard !isEmpty, let envelope = envelopes[head] else { return nil }
            envelopes[head] = nil
            bytes -= FrameEncoder.estimatedSize(of: envelope)
            head += 1
            if isEmpty {
                envelopes.removeAll(keepingCapacity: envelopes.count <= 4096)
                head = 0
            } else if head >= 1024, head * 2 > envelopes.count {
                envelopes.removeFirst(head)
                head = 0
            }
            return envelope
        }
    }

    private var urgent: Lane
    private var bulk: Lane

    init(urgentBytes: Int, bulkBytes: Int, broken: MutationSwitch = MutationSwitch()) {
        let isBounded = !broken.breaks(.unboundedQueue)
        urgent = Lane(limit: isBounded ? urgentBytes : .max)
        bulk = Lane(limit: isBounded ? bulkBytes : .max)
    }

    var isEmpty: Bool { urgent.isEmpty && bulk.isEmpty }
    var count: Int { urgent.count + bulk.count }
    /// What it takes in frames, or a little more.
    var bytes: Int { urgent.bytes + bulk.bytes }

    /// - Returns: false when its lane is full.
    mutating func append(_ envelope: Envelope) -> Bool {
        let size = FrameEncoder.estimatedSize(of: envelope)
        return envelope.isUrgent ? urgent.append(envelope, size: size) : bulk.append(envelope, size: size)
    }

    /// Moves frames into `buffer` until it holds `limit` bytes or more, urgent ones first.
    /// - Returns: how many.
    mutating func take(into buffer: inout ByteBuffer, limit: Int) -> Int {
        var count = 0
        while buffer.readableBytes < limit {
            guard let envelope = urgent.takeFirst() ?? bulk.takeFirst() else { break }
            FrameEncoder.append(envelope, to: &buffer)
            count += 1
        }
        return count
    }
}
