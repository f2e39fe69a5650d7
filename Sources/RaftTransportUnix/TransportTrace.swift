import RaftCore
import RaftMembership
import RaftTracing
import Synchronization

/// What the transport tells operators. What can repeat with every attempt to connect is said once, and again only after
/// it changed: a misconfigured peer that dials twice a second must not fill a disk with records.
final class TransportTrace: Sendable {
    private let tracer: Tracer
    /// What was said already. Bounded; when full it begins anew.
    private let said = Mutex<Set<String>>([])

    init(tracer: Tracer) { self.tracer = tracer }

    func listening(on address: RaftAddress) {
        tracer.info(.listenerStarted, "listening for members on \(address)", [.address("\(address)")])
    }

    func connected(_ connection: PeerConnection, _ hello: Hello) {
        let id = hello.identity.member.id
        forget(about: id)
        switch connection.origin {
        case .dialled(_, let address):
            tracer.info(
                .peerConnected,
                "connected to node \(id) at \(address)\(connection.isShared ? "" : ", not in a cluster yet")",
                [.peer(id.rawValue), .address("\(address)")])
        case .accepted(let address):
            tracer.info(
                .peerConnected, "node \(id) connected to \(address)", [.peer(id.rawValue), .address("\(address)")])
        }
    }

    func disconnected(_ id: NodeID) {
        tracer.info(.peerDisconnected, "no connection to node \(id) is left", [.peer(id.rawValue)])
    }

    /// An attempt to dial failed.
    func unreachable(_ id: NodeID, _ address: RaftAddress, _ reason: String) {
        guard isNew("unreachable", about: id, reason) else { return }
        tracer.info(
            .peerDisconnected, "node \(id) at \(address) cannot be reached: \(reason)",
            [.peer(id.rawValue), .address("\(address)"), .reason(reason)])
    }

    func unusable(_ id: NodeID, _ reason: String) {
        guard isNew("unusable", about: id, reason) else { return }
        tracer.warning(
            .configurationIgnored, "an address of node \(id) is not used: \(reason)",
            [.peer(id.rawValue), .reason(reason)])
    }

    /// This side refuses.
    func refused(_ origin: PeerConnection.Origin, _ refusal: Refusal) {
        if refusal.code == .amnesiac {
            guard isNew("amnesiac", about: 0, refusal.reason) else { return }
            return tracer.error(.peerAmnesiac, "a connection was refused: \(refusal.reason)", [.reason(refusal.reason)])
        }
        switch origin {
        case .dialled(let id, let address):
            guard isNew("refused", about: id, refusal.reason) else { return }
            let what = refusal.code == .wrongNode ? "" : "node \(id) at \(address) was refused: "
            let text = refusal.code == .wrongNode ? Self.wrongNode(refusal, id, address) : refusal.reason
            tracer.warning(
                .peerRefused, what + text, [.peer(id.rawValue), .address("\(address)"), .reason(refusal.reason)])
        case .accepted(let address):
            guard isNew("refused", about: 0, "\(address) \(refusal.reason)") else { return }
            tracer.warning(
                .peerRefused, "a connection to \(address) was refused: \(refusal.reason)",
                [.address("\(address)"), .reason(refusal.reason)])
        }
    }

    /// The other side refuses.
    func refusedByPeer(_ id: NodeID, _ address: RaftAddress, _ refusal: Refusal) {
        guard isNew("refused by peer", about: id, refusal.reason) else { return }
        let message =
            refusal.node != 0 && refusal.node != id
            ? "expected node \(id) at \(address), found node \(refusal.node)"
            : "node \(id) at \(address) refused this node: “\(refusal.reason)”"
        tracer.warning(
            .peerRefused, message, [.peer(id.rawValue), .address("\(address)"), .reason(refusal.reason)])
    }

    /// Not even a handshake came of it.
    func refusedStranger(_ reason: String) {
        guard isNew("stranger", about: 0, reason) else { return }
        tracer.warning(.handshakeFailed, "a connection was refused: \(reason)", [.reason(reason)])
    }

    func failed(_ connection: PeerConnection, _ reason: String) {
        switch connection.origin {
        case .dialled(let id, let address):
            guard isNew("failed", about: id, reason) else { return }
            tracer.warning(
                .frameRefused, "the connection to node \(id) at \(address) was closed: \(reason)",
                [.peer(id.rawValue), .address("\(address)"), .reason(reason)])
        case .accepted(let address):
            let id = connection.member?.id ?? 0
            guard isNew("failed", about: id, "\(address) \(reason)") else { return }
            tracer.warning(
                .frameRefused,
                "a connection to \(address) \(id == 0 ? "" : "from node \(id) ")was closed: \(reason)",
                [.peer(id.rawValue), .address("\(address)"), .reason(reason)])
        }
    }

    func ignored(_ id: NodeID, _ reason: String) {
        tracer.debug(
            .messageIgnored, "a message of node \(id) was ignored: \(reason)", [.peer(id.rawValue), .reason(reason)])
    }

    func tooLarge(_ envelope: Envelope, size: Int, limit: Int) {
        guard isNew("too large", about: envelope.to.id, "") else { return }
        tracer.error(
            .messageRefused,
            "a message of \(size) bytes to node \(envelope.to.id) was dropped, \(limit) are allowed: lower the size of "
                + "batches or raise the limit on every node",
            [.peer(envelope.to.id.rawValue), .bytes(UInt64(size))])
    }

    private static func wrongNode(_ refusal: Refusal, _ id: NodeID, _ address: RaftAddress) -> String {
        refusal.node != 0 && refusal.node != id
            ? "expected node \(id) at \(address), found node \(refusal.node)" : "at \(address): \(refusal.reason)"
    }

    private func isNew(_ what: String, about id: NodeID, _ reason: String) -> Bool {
        said.withLock { said in
            if said.count >= 256 { said.removeAll() }
            return said.insert("\(id) \(what) \(reason)").inserted
        }
    }

    /// A peer that got through may fail again, and then it is news.
    private func forget(about id: NodeID) {
        said.withLock { said in
            if !said.isEmpty { said = said.filter { !$0.hasPrefix("\(id) ") } }
        }
    }
}
