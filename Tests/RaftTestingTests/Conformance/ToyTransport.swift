import RaftCore
import RaftMembership
import Synchronization

/// A node's end of a `ToyNetwork`.
final class ToyTransport: Transport {
    private struct State {
        var identity: NodeIdentity?
        var receiver: (any TransportReceiver)?
        var peers: [Peer] = []
        /// Who is connected, by name, and who that was when it was proven.
        var connections: [String: NodeIdentity] = [:]
        var lost: Set<String> = []
        var outgoing: [Envelope] = []
        var isShutDown = false
        var count = 0
    }

    let name: String
    private let network: ToyNetwork
    private let state = Mutex(State())

    init(name: String, network: ToyNetwork) {
        self.name = name
        self.network = network
    }

    private var fault: TransportFault? { network.fault }
    var identity: NodeIdentity? { state.withLock { $0.identity } }
    private var receiver: (any TransportReceiver)? { state.withLock { $0.receiver } }

    // MARK: Orders

    func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws {
        state.withLock { state in
            state.identity = identity
            state.receiver = receiver
        }
        do {
            try network.join(name, self)
        } catch {
            state.withLock { $0.isShutDown = true }
            throw error
        }
    }

    func updateIdentity(_ identity: NodeIdentity) {
        if fault == .identityKept, state.withLock({ $0.identity?.cluster != nil }) { return }
        state.withLock { $0.identity = identity }
        network.review()
    }

    func updatePeers(_ peers: [Peer]) {
        guard !state.withLock({ $0.isShutDown }) else { return }
        state.withLock { $0.peers = peers }
        network.review()
    }

    func send(_ envelope: Envelope) { state.withLock { $0.outgoing.append(envelope) } }

    func flush() {
        let (outgoing, connections, isShutDown) = state.withLock { state in
            defer { state.outgoing = [] }
            return (state.outgoing, state.connections, state.isShutDown)
        }
        guard !isShutDown, let own = identity else { return }
        var isFirst = true
        for (name, proven) in connections.sorted(by: { $0.key < $1.key }) {
            guard let other = network.node(name) else { continue }
            if fault == .noWayBack, !names(other) { continue }
            if fault == .oneDirectionOnly, names(other), other.names(self), own.member.id > proven.member.id {
                continue
            }
            let envelopes = outgoing.filter { envelope in
                let isKnown = connections.values.contains { $0.member.id == envelope.to.id }
                return envelope.to.id == proven.member.id || fault == .addresseeNotChecked && !isKnown
            }
            guard !envelopes.isEmpty else { continue }
            if fault == .firstPeerFlushedOnly, !isFirst { continue }
            isFirst = false
            other.receive(envelopes, from: own)
        }
        if fault == .keepsForAbsentPeers {
            let reached = Set(connections.values.map(\.member.id))
            state.withLock { $0.outgoing += outgoing.filter { !reached.contains($0.to.id) } }
        }
    }

    func shutdown() async {
        let isFirst = state.withLock { state in
            defer { state.isShutDown = true }
            return !state.isShutDown
        }
        if fault == .tellsAfterShutdown {
            // Whoever asks a second time is told what was connected.
            if !isFirst { for name in state.withLock({ $0.connections.keys.sorted() }) { disconnect(from: name) } }
        } else {
            state.withLock { state in
                state.receiver = nil
                state.connections = [:]
            }
        }
        state.withLock { $0.peers = [] }
        network.leave(name, self)
    }

    // MARK: Connections

    func names(_ other: ToyTransport) -> Bool {
        guard let id = other.identity?.member.id else { return false }
        return state.withLock { $0.peers.contains { $0.id == id && $0.addresses.contains(other.name) } }
    }

    func isConnected(to other: ToyTransport) -> Bool { state.withLock { $0.connections[other.name] != nil } }

    func isConnected(to other: ToyTransport, as identity: NodeIdentity) -> Bool {
        state.withLock { $0.connections[other.name] == identity }
    }

    func hasLost(_ other: ToyTransport) -> Bool { state.withLock { $0.lost.contains(other.name) } }

    /// Whether the receiver has nothing against `other`'s greeting.
    func accepts(_ other: ToyTransport) -> Bool {
        guard let member = other.identity?.member, let mine = identity?.member else { return false }
        let life = fault == .lifeNotTold ? .unknown : other.receiver?.life ?? .unknown
        guard let reason = receiver?.objection(to: member, life: life) else { return true }
        other.receiver?.refusedAsAmnesiac(by: mine.id, reason)
        return false
    }

    func connect(to other: ToyTransport, _ identity: NodeIdentity) {
        state.withLock { $0.connections[other.name] = identity }
        if fault == .connectedNotTold, !names(other) { return }
        receiver?.connected(
            identity.member, clientAddresses: fault == .addressesNotTold ? [] : identity.clientAddresses)
    }

    func disconnect(from name: String) {
        guard let former = state.withLock({ $0.connections.removeValue(forKey: name) }) else { return }
        state.withLock { _ = $0.lost.insert(name) }
        if fault != .disconnectedNotTold { receiver?.disconnected(former.member.id) }
    }

    func drop(allBut nodes: [ToyTransport]) {
        let names = Set(nodes.map(\.name))
        for name in state.withLock({ $0.connections.keys.sorted() }) where !names.contains(name) {
            disconnect(from: name)
        }
    }

    // MARK: Receiving

    private func receive(_ envelopes: [Envelope], from sender: NodeIdentity) {
        guard let own = identity, let receiver else { return }
        let isShared = own.cluster != nil && own.cluster == sender.cluster
        var accepted = envelopes.filter { envelope in
            guard isShared || envelope.isFormation || fault == .everythingBeforeFormation || isMixed else {
                return false
            }
            guard envelope.from == sender.member || fault == .senderNotChecked else { return false }
            if fault == .addresseeNotChecked { return true }
            return envelope.to.id == own.member.id
                && (envelope.to.incarnation == own.member.incarnation || envelope.to.incarnation == .unknown)
        }
        spoil(&accepted)
        if !accepted.isEmpty { receiver.received(accepted) }
    }

    /// Whether clusters are mixed up anyway.
    private var isMixed: Bool { fault == .clusterIdentityNotChecked }

    private func spoil(_ envelopes: inout [Envelope]) {
        switch fault {
        case .repliesChanged:
            for position in envelopes.indices {
                if case .appendReply(var reply) = envelopes[position].message {
                    reply.stream += 1
                    envelopes[position].message = .appendReply(reply)
                }
            }
        case .extensionOfBatchLost:
            for position in envelopes.indices {
                if case .appendEntries(var request) = envelopes[position].message, request.entries.count > 2 {
                    request.entries = request.entries.prefix(through: request.entries.lastIndex.previous)
                    envelopes[position].message = .appendEntries(request)
                }
            }
        case .urgentReordered where envelopes.count > 40: envelopes.swapAt(10, 14)
        case .doubled where envelopes.count > 40: envelopes.append(envelopes[3])
        case .largeDropped:
            envelopes.removeAll { envelope in
                guard case .appendEntries(let request) = envelope.message else { return false }
                return !request.entries.isEmpty && request.entries.byteCount > 1 << 18
            }
        default: break
        }
    }
}
