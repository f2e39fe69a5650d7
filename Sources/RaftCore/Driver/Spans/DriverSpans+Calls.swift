import RaftMembership
import RaftTracing

// Reads and changes that somebody calls for, and what a node does of itself.
extension DriverSpans {
    func readRequested(_ id: UInt64, _ trace: TraceContext) {
        guard confirms.count < Self.limit, let span = tracer.startSpan(.confirm, in: trace) else { return }
        confirms.append((id, span))
    }

    func readEnded(_ id: UInt64, _ why: Rejection? = nil) {
        guard let position = confirms.firstIndex(where: { $0.id == id }) else { return }
        end(confirms.remove(at: position).span, why.map { "\($0)" })
    }

    func changeBegan(_ id: CallID, _ trace: TraceContext) {
        guard changes.count < Self.limit, let span = tracer.startSpan(.change, in: trace) else { return }
        changes.append((id, span))
    }

    func changeEnded(_ id: CallID, _ why: String?) {
        guard let position = changes.firstIndex(where: { $0.id == id }) else { return }
        end(changes.remove(at: position).span, why)
    }

    // MARK: What the node does of itself

    func note(_ event: EngineEvent, _ engine: RaftEngine) {
        switch event {
        case .electionStarted(let term, _):
            if election == nil { election = tracer.startSpan(.election, in: nil, [.term(term.rawValue)]) }
        case .roleChanged(let role, let term):
            guard let span = election, role != .candidate, role != .preCandidate else { return }
            election = nil
            span.set([.term(term.rawValue)])
            end(span, role == .leader ? nil : "the node is \(role.rawValue) in term \(term)")
        case .configurationAdopted(let id, _):
            // One change is under way at a time.
            if engine.role == .leader, let change = changes.first { appended(change.span.context, at: id) }
        case .snapshotOffered(let peer, let id):
            endOutgoing(to: peer, "another snapshot is offered")
            let fields: [TraceField] = [.peer(peer.rawValue), .index(id.last.index.rawValue)]
            if outgoing.count < Self.limit, let span = tracer.startSpan(.sendSnapshot, in: nil, fields) {
                outgoing.append((peer, span))
            }
        case .snapshotDelivered(let peer, _): endOutgoing(to: peer, nil)
        case .snapshotInstalled(let id): if incoming?.id == id { endIncoming(nil) }
        case .truncated(let index, _): lost(after: index)
        default: break
        }
    }

    func snapshotBegan(_ order: UInt64, _ snapshot: Snapshot) {
        self.snapshot = tracer.startSpan(.snapshot, in: nil, [.index(snapshot.last.index.rawValue)]).map { (order, $0) }
    }

    func snapshotEnded(_ order: UInt64, _ why: String?) {
        guard let snapshot, snapshot.order == order else { return }
        self.snapshot = nil
        end(snapshot.span, why)
    }

    private func endOutgoing(to peer: NodeID, _ why: String?) {
        for transfer in outgoing where transfer.peer == peer { end(transfer.span, why) }
        outgoing.removeAll { $0.peer == peer }
    }

    func endIncoming(_ why: String?) {
        if let incoming { end(incoming.span, why) }
        incoming = nil
    }
}
