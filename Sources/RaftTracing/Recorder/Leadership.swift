/// That a node led a term, and why it ended.
public struct Leadership: Hashable, Sendable {
    public var node: UInt64
    public var term: UInt64
    /// Nanoseconds since 1970.
    public var began: UInt64
    /// Nil when it went on at the end of the recording.
    public var ended: UInt64?
    /// A phrase such as `it no longer reached a quorum`.
    public var reason: String
}

extension MergedRecording {
    /// Who led when, the earliest first, and why that changed.
    public var leaderships: [Leadership] {
        var found: [Leadership] = []
        /// By node, the place in `found` of what it leads now, and by which process.
        var leading: [UInt64: (place: Int, life: Life)] = [:]
        for (position, entry) in entries.enumerated() {
            let event = entry.event
            if let current = leading[entry.node], current.life != entry.life {
                // Another process of this node: the one before is gone, and said nothing of it.
                let end = ends[entry.node]?.first { $0.life == current.life }?.time
                found[current.place].ended = end ?? event.time
                found[current.place].reason = "its process ended"
                leading[entry.node] = nil
            }
            switch event.kind {
            case "raft.leader.elected":
                guard let term = event.number("raft.term") else { continue }
                if let current = leading[entry.node] {
                    found[current.place].ended = event.time
                    found[current.place].reason = "it was elected again"
                }
                leading[entry.node] = (found.count, entry.life)
                found.append(Leadership(node: entry.node, term: term, began: event.time, ended: nil, reason: ""))
            case "raft.role.changed":
                guard let current = leading[entry.node], event["raft.role"] != .string("leader") else { continue }
                found[current.place].ended = event.time
                found[current.place].reason = reason(before: position, of: entry, since: found[current.place].began)
                leading[entry.node] = nil
            case "raft.node.stopping", "raft.node.fenced", "raft.storage.failed":
                guard let current = leading[entry.node] else { continue }
                found[current.place].ended = event.time
                found[current.place].reason =
                    event.kind == "raft.node.stopping"
                    ? "it was asked to stop" : event.text("raft.reason") ?? event.kind
                leading[entry.node] = nil
            default: continue
            }
        }
        for (node, current) in leading.sorted(by: { $0.key < $1.key }) {
            let place = current.place
            let last = ends[node]?.first { $0.life == current.life }?.time
            // Silent while another led a later term: it was gone, or cut off and is not heard of since.
            if let last, let next = found.first(where: { $0.term > found[place].term && $0.began > last }) {
                found[place].ended = last
                found[place].reason =
                    "nothing is recorded of it after this; node \(next.node) led term \(next.term) next"
            } else {
                found[place].reason = "it leads at the end of the recording"
            }
        }
        return found
    }

    /// What the node itself recorded just before it ceased to lead.
    private func reason(before position: Int, of entry: Entry, since began: UInt64) -> String {
        var term: String?
        for earlier in entries[...position].reversed() {
            guard earlier.event.time >= began else { break }
            guard earlier.node == entry.node, earlier.process == entry.process else { continue }
            let event = earlier.event
            switch event.kind {
            case "raft.quorum.lost": return "it no longer reached a quorum"
            case "raft.disk.stalled": return event.text("raft.reason") ?? "its disk did not finish a write in time"
            case "raft.transfer.started":
                return event.number("raft.peer").map { "it handed over to node \($0)" } ?? "it handed over"
            case "raft.node.removed": return "it was removed from the cluster"
            case "raft.message.received" where term == nil:
                guard let other = event.number("raft.term"), let own = entry.event.number("raft.term"), other >= own,
                    let peer = event.number("raft.peer"), let name = event.text("raft.message")
                else { continue }
                term = "node \(peer) came with term \(other) (\(name))"
            default: continue
            }
        }
        return term ?? "nothing recorded says why"
    }
}

extension FlightRecording.Event {
    func number(_ key: String) -> UInt64? {
        switch self[key] {
        case .uint(let value): value
        case .int(let value): UInt64(exactly: value)
        default: nil
        }
    }

    func text(_ key: String) -> String? {
        if case .string(let text) = self[key] { text } else { nil }
    }
}
