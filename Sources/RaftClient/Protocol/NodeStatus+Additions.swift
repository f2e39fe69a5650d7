import RaftCore
import RaftMembership

/// What was added to a status: where its configuration stands in the log (term u64, index u64, 0 for none yet; committed u8) ·
/// client sessions u64 · the lease's milliseconds (known u8; if 1: u64) · what waits, if told (known u8; if 1: inbox, reads,
/// writes and machine u64 each) · how long things take, if told (known u8; if 1: write, commit, apply and read, of each: count,
/// total, last and longest nanoseconds, u64 each) · for each peer of the status, in that order: round trip in nanoseconds u64
/// (all ones: none yet), snapshot on its way (known u8; if 1: index, bytes and acknowledged bytes u64 each).
///
/// A later release adds at the end, and what a reader does not know there it passes over.
extension NodeStatus {
    func encodeAdditions() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        let id = membershipID ?? .zero
        writer.write(id.term.rawValue)
        writer.write(id.index.rawValue)
        writer.write(UInt8(isMembershipCommitted ? 1 : 0))
        writer.write(openSessions)
        writer.write(UInt8(leaseMilliseconds == nil ? 0 : 1))
        if let leaseMilliseconds { writer.write(leaseMilliseconds) }
        writer.write(UInt8(queues == nil ? 0 : 1))
        if let queues {
            for depth in [queues.inbox, queues.reads, queues.writes, queues.machine] {
                writer.write(UInt64(clamping: depth))
            }
        }
        writer.write(UInt8(latencies == nil ? 0 : 1))
        if let latencies {
            for latency in [latencies.write, latencies.commit, latencies.apply, latencies.read] {
                writer.write(latency)
            }
        }
        for peer in peers.prefix(Int(UInt16.max)) {
            writer.write(peer.roundTripNanoseconds ?? .max)
            writer.write(UInt8(peer.snapshot == nil ? 0 : 1))
            guard let snapshot = peer.snapshot else { continue }
            writer.write(snapshot.index.rawValue)
            writer.write(snapshot.bytes)
            writer.write(snapshot.acknowledgedBytes)
        }
        return writer.bytes
    }

    /// - Parameter reader: of all that was added; `peers` are there already.
    mutating func decodeAdditions(_ reader: inout ByteReader) throws(WireError) {
        let id = LogID(term: Term(try reader.readBounded()), index: LogIndex(try reader.readBounded()))
        membershipID = id == .zero ? nil : id
        isMembershipCommitted = try reader.readBool()
        openSessions = try reader.read()
        if try reader.readBool() { leaseMilliseconds = try reader.read() }
        if try reader.readBool() {
            queues = RaftMetrics.Queues(
                inbox: Int(try reader.readBounded()), reads: Int(try reader.readBounded()),
                writes: Int(try reader.readBounded()), machine: Int(try reader.readBounded()))
        }
        if try reader.readBool() {
            latencies = RaftMetrics.Latencies(
                write: try reader.readLatency(), commit: try reader.readLatency(), apply: try reader.readLatency(),
                read: try reader.readLatency())
        }
        for position in peers.indices {
            let roundTrip: UInt64 = try reader.read()
            peers[position].roundTripNanoseconds = roundTrip == .max ? nil : roundTrip
            guard try reader.readBool() else { continue }
            peers[position].snapshot = RaftMetrics.Transfer(
                index: LogIndex(try reader.readBounded()), bytes: try reader.read(),
                acknowledgedBytes: try reader.read())
        }
    }
}

extension ByteWriter {
    fileprivate mutating func write(_ latency: RaftMetrics.Latency) {
        write(latency.count)
        write(latency.totalNanoseconds)
        write(latency.lastNanoseconds)
        write(latency.longestNanoseconds)
    }
}

extension ByteReader {
    fileprivate mutating func readLatency() throws(WireError) -> RaftMetrics.Latency {
        RaftMetrics.Latency(
            count: try read(), totalNanoseconds: try read(), lastNanoseconds: try read(),
            longestNanoseconds: try read())
    }
}
