import RaftMembership
import Synchronization

/// What became of an order that concerns snapshots.
enum SnapshotReport: Sendable {
    case taken(UInt64, SnapshotResult)
    case read([UInt8]?, offset: UInt64, peer: NodeID, stream: UInt32)
    /// What was read to be sent is not what was written.
    case damaged(SnapshotID, any Error)
    case received(SnapshotID, written: UInt64, isWhole: Bool)
    case notReceived(SnapshotID, any Error)
    case restored(Restoration)
    case notRestored(Snapshot, any Error)
}

/// Reads bodies for peers and writes those that come from the leader, piece by piece, on a lane that may block. The engine
/// bounds what is under way: its window on a leader, the leader's window on a follower.
final class SnapshotCarrier: Runnable {
    enum Order: Sendable {
        /// Keep it open for a while.
        case keep(SnapshotID, any SnapshotReader)
        /// Nobody is sent it any more.
        case close(SnapshotID)
        case read(Snapshot, offset: UInt64, count: Int, peer: NodeID, stream: UInt32)
        case receive(Snapshot, offset: UInt64, [UInt8])
        case drop
    }

    private struct Queue {
        var orders: [Order] = []
        var isScheduled = false
    }

    /// A body that is sent.
    private struct Body {
        let id: SnapshotID
        let reader: any SnapshotReader
        /// So much was read, in order, and has this checksum.
        var size: UInt64 = 0
        var checksum: UInt32 = 0
    }

    /// Touched by `run` only, which never runs twice at once.
    private struct State {
        /// Kept open, so that a body can be sent to its end when a newer one has taken its place. The last used is last.
        var bodies: [Body] = []
        var writer: (id: SnapshotID, writer: any SnapshotWriter)?
    }

    private static let maximumBodies = 8

    private let store: any SnapshotStore
    private let group: GroupID
    private let lane: any Lane
    private let report: @Sendable (SnapshotReport) -> Void
    private let queue = Mutex(Queue())
    private let state = Mutex(State())

    init(
        store: any SnapshotStore, group: GroupID, lane: any Lane, report: @escaping @Sendable (SnapshotReport) -> Void
    ) {
        self.store = store
        self.group = group
        self.lane = lane
        self.report = report
    }

    func submit(_ order: Order) {
        let mustSchedule = queue.withLock { queue in
            queue.orders.append(order)
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if mustSchedule { lane.schedule(self) }
    }

    func run() {
        while true {
            let orders = queue.withLock { queue in
                let orders = queue.orders
                queue.orders = []
                if orders.isEmpty { queue.isScheduled = false }
                return orders
            }
            if orders.isEmpty { return }
            state.withLock { state in
                for order in orders { carryOut(order, &state) }
            }
        }
    }

    private func carryOut(_ order: Order, _ state: inout State) {
        switch order {
        case .keep(let id, let reader): keep(id, reader, &state)
        case .close(let id): state.bodies.removeAll { $0.id == id }
        case .read(let snapshot, let offset, let count, let peer, let stream):
            do {
                let bytes = try read(snapshot, at: offset, count: count, &state)
                report(.read(bytes, offset: offset, peer: peer, stream: stream))
            } catch let error as StorageError where error.code == .damaged || error.code == .io {
                report(.damaged(snapshot.id, error))
            } catch {
                report(.read(nil, offset: offset, peer: peer, stream: stream))
            }
        case .receive(let snapshot, let offset, let bytes):
            do {
                try receive(snapshot, offset, bytes, &state)
            } catch {
                state.writer?.writer.discard()
                state.writer = nil
                report(.notReceived(snapshot.id, error))
            }
        case .drop:
            state.writer?.writer.discard()
            state.writer = nil
        }
    }

    /// A piece of a body. All of it is verified as it goes out, so that nobody gets the end of one that is not what was
    /// written (rule D3); what a peer has already is read for that too. Of several peers the first to come to its end counts.
    private func read(
        _ snapshot: Snapshot, at offset: UInt64, count: Int, _ state: inout State
    ) throws -> [UInt8] {
        var body = try takeBody(of: snapshot.id, &state)
        defer { state.bodies.append(body) }
        let bytes = try body.reader.read(at: offset, count: count)
        // Sent anew, it is looked at anew.
        if offset == 0 { (body.size, body.checksum) = (0, 0) }
        let end = offset + UInt64(bytes.count)
        while body.size < end {
            let piece =
                body.size < offset
                ? try body.reader.read(at: body.size, count: Int(min(1 << 20, offset - body.size)))
                : Array(bytes[Int(body.size - offset)...])
            guard !piece.isEmpty else { throw snapshot.damaged }
            body.checksum = piece.withUnsafeBytes { SnapshotBody.checksum(body.checksum, $0) }
            body.size += UInt64(piece.count)
        }
        guard body.size < snapshot.size || body.checksum == snapshot.checksum else { throw snapshot.damaged }
        return bytes
    }

    private func takeBody(of id: SnapshotID, _ state: inout State) throws -> Body {
        if let at = state.bodies.firstIndex(where: { $0.id == id }) { return state.bodies.remove(at: at) }
        keep(id, try store.open(id, of: group), &state)
        return state.bodies.removeLast()
    }

    private func keep(_ id: SnapshotID, _ reader: any SnapshotReader, _ state: inout State) {
        state.bodies.removeAll { $0.id == id }
        if state.bodies.count == Self.maximumBodies { state.bodies.removeFirst() }
        state.bodies.append(Body(id: id, reader: reader))
    }

    private func receive(
        _ snapshot: Snapshot, _ offset: UInt64, _ bytes: [UInt8], _ state: inout State
    ) throws {
        // Offered: what is there of it already is not sent again (rule S6).
        if bytes.isEmpty, state.writer?.id != snapshot.id {
            state.writer = nil
            state.writer = (snapshot.id, try store.resume(snapshot, for: group))
        }
        // A piece of one that was given up.
        guard let writer = state.writer?.writer, state.writer?.id == snapshot.id else { return }
        if !bytes.isEmpty, offset == writer.size { try bytes.withUnsafeBytes { try writer.append($0) } }
        guard writer.size >= snapshot.size else {
            report(.received(snapshot.id, written: writer.size, isWhole: false))
            return
        }
        // Complete, durable, and then read back (rule S2).
        try writer.finish(as: snapshot)
        state.writer = nil
        try snapshot.verify(try store.open(snapshot.id, of: group))
        report(.received(snapshot.id, written: snapshot.size, isWhole: true))
    }
}
