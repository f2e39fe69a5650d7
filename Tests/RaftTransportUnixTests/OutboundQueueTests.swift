import NIOCore
import RaftMembership
import Testing

@testable import RaftCore
@testable import RaftTransportUnix

@Suite("What waits for a connection")
struct OutboundQueueTests {
    private func batch(_ index: LogIndex) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: index)
        builder.append(.command, term: 1, payload: [UInt8](repeating: 1, count: 1000))
        return builder.finish()
    }

    private func envelope(_ entries: EntryBatch) -> Envelope {
        Envelope(
            group: .first, from: Member(id: 1, incarnation: 1), to: Member(id: 2, incarnation: 1),
            message: .appendEntries(
                AppendEntries(
                    term: 1, stream: 1, sequence: 1, previous: LogID(term: 1, index: entries.firstIndex.previous),
                    leaderCommit: .zero, entries: entries)))
    }

    @Test("Frames leave in their order, however many wait, and their sizes add up")
    func order() {
        var queue = OutboundQueue(urgentBytes: 1 << 20, bulkBytes: 64 << 20)
        var taken = 0
        for number in 0..<5000 as Range<UInt64> {
            let isQueued = queue.append(envelope(batch(LogIndex(number + 1))))
            #expect(isQueued)
            // Two wait always.
            guard number >= 2 else { continue }
            var buffer = ByteBuffer()
            taken += queue.take(into: &buffer, limit: 1)
            #expect(buffer.readableBytes > 1000)
        }
        #expect(taken == 4998 && queue.count == 2)
        #expect(queue.bytes == 2 * FrameEncoder.estimatedSize(of: envelope(batch(1))))
        var buffer = ByteBuffer()
        taken = queue.take(into: &buffer, limit: .max)
        #expect(taken == 2 && queue.isEmpty && queue.bytes == 0)
        taken = queue.take(into: &buffer, limit: .max)
        #expect(taken == 0)
    }

    @Test("What was taken is let go of, though others wait behind it")
    func memory() {
        var queue = OutboundQueue(urgentBytes: 1 << 20, bulkBytes: 64 << 20)
        weak var storage: EntryBatch.Storage?
        do {
            let first = batch(1)
            storage = first.storage
            _ = queue.append(envelope(first))
        }
        _ = queue.append(envelope(batch(2)))
        #expect(storage != nil)
        var buffer = ByteBuffer()
        _ = queue.take(into: &buffer, limit: 1)
        #expect(queue.count == 1)
        #expect(storage == nil)
    }
}
