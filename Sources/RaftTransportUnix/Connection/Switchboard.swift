import NIOCore
import RaftCore
import RaftMembership

/// All that a transport knows: who this node is, who its peers are, and which connection leads where. Used on its loop.
final class Switchboard {
    let node: NodeID
    let options: UnixTransportOptions
    let environment: EventLoopEnvironment
    let trace: TransportTrace
    let counters: TransportCounters
    let connector: SocketConnector
    let resolver = HostResolver()
    /// What the length of a frame may say once a connection is proven.
    let maximumFrameLength: Int

    /// Nil before `start` and after `shutdown`.
    private var identity: NodeIdentity?
    private var receiver: (any TransportReceiver)?
    private var diallers: [NodeID: Dialler] = [:]
    /// Every connection that has a channel, in the greeting or proven.
    private var connections: [ObjectIdentifier: PeerConnection] = [:]
    private var acceptedCount = 0
    /// Proven connections, the latest last.
    private var routes: [NodeID: [PeerConnection]] = [:]
    /// What the receiver was told last of each peer.
    private var announced: [NodeID: NodeIdentity] = [:]
    /// Connections with something to write since the last flush.
    private var dirty: [PeerConnection] = []
    private var isShutDown = false
    #if TestBuild
        /// What should have been dropped, for the switch that breaks rule N4.
        private var kept: [Envelope] = []
    #endif

    init(
        node: NodeID, options: UnixTransportOptions, environment: EventLoopEnvironment, trace: TransportTrace,
        counters: TransportCounters, maximumMessageBytes: Int
    ) {
        self.node = node
        self.options = options
        self.environment = environment
        self.trace = trace
        self.counters = counters
        connector = SocketConnector(
            eventLoop: environment.eventLoop, timeout: TimeAmount(options.connectTimeout))
        // A message is measured by its entries; what stands around them comes on top.
        maximumFrameLength = maximumMessageBytes + FrameLayout.headSize + MessageCodec.maximumHeadBytes
    }

    var eventLoop: any EventLoop { environment.eventLoop }

    // MARK: Orders from the node

    func start(identity: NodeIdentity, receiver: any TransportReceiver) {
        guard !isShutDown else { return }
        self.identity = identity
        self.receiver = receiver
        for dialler in diallers.values { dialler.dial() }
    }

    func updateIdentity(_ identity: NodeIdentity) {
        guard !isShutDown, self.identity != identity else { return }
        let wasStarted = self.identity != nil
        self.identity = identity
        guard wasStarted else { return }
        // What was proven under the old identity is not under the new one. Those who dialled us do so again.
        for connection in connections.values {
            connection.isRetired = true
            if !connection.isDialled { connection.closeGracefully() }
        }
        routes.removeAll()
        for dialler in diallers.values { dialler.redial() }
        let lost = announced.keys.sorted()
        announced.removeAll()
        for id in lost { receiver?.disconnected(id) }
    }

    func updatePeers(_ peers: [Peer]) {
        guard !isShutDown else { return }
        var wanted: Set<NodeID> = []
        for peer in peers where peer.id != node && wanted.insert(peer.id).inserted {
            let addresses = usableAddresses(of: peer)
            if let dialler = diallers[peer.id] {
                dialler.update(addresses)
            } else {
                let dialler = Dialler(peer.id, addresses, switchboard: self)
                diallers[peer.id] = dialler
                if identity != nil { dialler.dial() }
            }
        }
        for (id, dialler) in diallers where !wanted.contains(id) {
            diallers[id] = nil
            dialler.stop()
        }
    }

    private func usableAddresses(of peer: Peer) -> [RaftAddress] {
        var addresses: [RaftAddress] = []
        for text in peer.addresses {
            do {
                let address = try RaftAddress(text)
                if let objection = InternetAddress.objection(
                    to: address, allowInsecureTCP: options.allowInsecureTCP)
                {
                    throw objection
                }
                addresses.append(address)
            } catch {
                trace.unusable(peer.id, "\(error)")
            }
        }
        return addresses
    }

    func send(_ envelope: Envelope) {
        guard let connection = route(to: envelope.to), connection.send(envelope) else {
            #if TestBuild
                if options.broken.breaks(.keepForAbsentPeers) { kept.append(envelope) }
            #endif
            return counters.countDropped(1)
        }
        if !connection.isDirty {
            connection.isDirty = true
            dirty.append(connection)
        }
    }

    /// The connection that we made, or else the latest one that this very member made.
    private func route(to member: Member) -> PeerConnection? {
        guard let candidates = routes[member.id] else { return nil }
        var found: PeerConnection?
        for connection in candidates {
            guard connection.isUsable, let proven = connection.member else { continue }
            guard isLife(member.incarnation, of: proven) else { continue }
            if found?.isDialled != true || connection.isDialled { found = connection }
        }
        return found
    }

    func flush() {
        guard !dirty.isEmpty else { return }
        let connections = dirty
        dirty.removeAll(keepingCapacity: true)
        for connection in connections {
            connection.isDirty = false
            connection.flush()
        }
    }

    /// - Returns: succeeds when the last channel is closed.
    func shutdown() -> EventLoopFuture<Void> {
        isShutDown = true
        receiver = nil
        identity = nil
        let closed = connections.values.compactMap(\.closeFuture)
        for dialler in diallers.values { dialler.stop() }
        diallers.removeAll()
        for connection in connections.values { connection.close() }
        routes.removeAll()
        announced.removeAll()
        dirty.removeAll()
        return EventLoopFuture.andAllComplete(closed, on: eventLoop)
    }

    // MARK: Word from connections

    /// Somebody has connected to `address`.
    /// - Throws: when it cannot be served; the channel is closed then.
    func accepted(_ channel: any Channel, on address: RaftAddress) throws {
        guard !isShutDown, acceptedCount < options.maximumConnections else {
            let reason = "there are \(acceptedCount) connections already, as many as are allowed"
            if !isShutDown { refusedStranger(reason) }
            throw TransportError(reason)
        }
        let connection = PeerConnection(.accepted(address), switchboard: self)
        try channel.pipeline.syncOperations.addHandler(connection)
    }

    func began(_ connection: PeerConnection) {
        guard connections.updateValue(connection, forKey: ObjectIdentifier(connection)) == nil else { return }
        counters.countConnections(1)
        if !connection.isDialled { acceptedCount += 1 }
    }

    func ended(_ connection: PeerConnection, wasActive: Bool) {
        if connections.removeValue(forKey: ObjectIdentifier(connection)) != nil {
            counters.countConnections(-1)
            if !connection.isDialled { acceptedCount -= 1 }
        }
        if let id = connection.provenID { removeRoute(connection, to: id) }
        // One that never came up is reported by the attempt to connect, with the reason.
        if wasActive, case .dialled(let id, _) = connection.origin { diallers[id]?.ended(connection) }
    }

    private func removeRoute(_ connection: PeerConnection, to id: NodeID) {
        guard var candidates = routes[id], let position = candidates.firstIndex(where: { $0 === connection }) else {
            return
        }
        candidates.remove(at: position)
        routes[id] = candidates.isEmpty ? nil : candidates
        if candidates.isEmpty {
            announced[id] = nil
            trace.disconnected(id)
            receiver?.disconnected(id)
        } else if let last = candidates.last?.hello {
            announce(last.identity)
        }
    }

    func objection(to remote: Hello, from connection: PeerConnection) -> Refusal? {
        guard let identity else { return Refusal(.late, "this node is stopping") }
        var dialled: NodeID?
        if case .dialled(let id, _) = connection.origin { dialled = id }
        if let refusal = Handshake.objection(to: remote, local: identity, dialled: dialled), !isOverlooked(refusal) {
            return refusal
        }
        if options.broken.breaks(.ignoreObjections) { return nil }
        return receiver?.objection(to: remote.identity.member, life: remote.life).map {
            Refusal(.amnesiac, $0, node: node)
        }
    }

    /// Never, unless a rule is broken on purpose.
    private func isOverlooked(_ refusal: Refusal) -> Bool {
        (refusal.code == .clusterName && options.broken.breaks(.acceptOtherName))
            || (refusal.code == .clusterID && options.broken.breaks(.acceptOtherCluster))
    }

    /// What to say to whom we take for `node`. Nil while there is nothing to say.
    func hello(expecting node: NodeID) -> Hello? {
        identity.map { Hello(identity: $0, expected: node, life: receiver?.life ?? .unknown) }
    }

    func isShared(with remote: Hello) -> Bool {
        options.broken.breaks(.carryAllWithoutCluster)
            || (identity.map { Handshake.isShared($0, remote.identity) } ?? false)
    }

    func proven(_ connection: PeerConnection, _ hello: Hello) {
        let member = hello.identity.member
        trace.connected(connection, hello)
        if case .dialled(let id, _) = connection.origin { diallers[id]?.proven(connection) }
        // The same member connects anew only when it has given up its former connection.
        let former = routes[member.id, default: []].filter {
            $0.isDialled == connection.isDialled && $0.member == member && $0.isUsable
        }
        routes[member.id, default: []].append(connection)
        for connection in former { connection.close() }
        announce(hello.identity)
        if !connection.isDialled { diallers[member.id]?.sawSignOfLife() }
    }

    private func announce(_ identity: NodeIdentity) {
        let id = identity.member.id
        guard announced[id] != identity else { return }
        announced[id] = identity
        receiver?.connected(identity.member, clientAddresses: identity.clientAddresses)
    }

    func deliver(_ envelopes: [Envelope]) {
        guard let receiver else { return }
        counters.countReceived(envelopes.count)
        receiver.received(envelopes)
    }

    func isAddressedHere(_ member: Member) -> Bool {
        guard let identity else { return false }
        return member.id == identity.member.id && isLife(member.incarnation, of: identity.member)
    }

    /// Whether what is meant for `incarnation` of a node is meant for `member`, which it is now.
    private func isLife(_ incarnation: Incarnation, of member: Member) -> Bool {
        incarnation == .unknown || incarnation == member.incarnation || options.broken.breaks(.deliverToFormerLife)
    }

    func receivedFromTheFuture(_ id: NodeID, _ reason: String) {
        receiver?.receivedFromTheFuture(id, reason)
    }

    func ignored(_ connection: PeerConnection, _ reason: String) {
        trace.ignored(connection.provenID ?? 0, reason)
    }

    func tooLarge(_ envelope: Envelope) {
        trace.tooLarge(envelope, size: FrameEncoder.estimatedSize(of: envelope), limit: maximumFrameLength)
    }

    func endedWithoutGreeting(_ connection: PeerConnection) {
        guard case .dialled(let id, let address) = connection.origin else { return }
        trace.unreachable(id, address, "it closed the connection without a greeting")
    }

    func refused(_ connection: PeerConnection, _ refusal: Refusal) {
        trace.refused(connection.origin, refusal)
    }

    func refusedByPeer(_ connection: PeerConnection, _ refusal: Refusal) {
        switch connection.origin {
        case .dialled(let id, let address):
            trace.refusedByPeer(id, address, refusal)
            if refusal.code == .amnesiac { receiver?.refusedAsAmnesiac(by: id, refusal.reason) }
        case .accepted(let address):
            guard let id = connection.provenID else { return }
            trace.refusedByPeer(id, address, refusal)
            receiver?.refusedAsAmnesiac(by: id, refusal.reason)
        }
    }

    func refusedStranger(_ reason: String) { trace.refusedStranger(reason) }

    func failed(_ connection: PeerConnection, _ reason: String) { trace.failed(connection, reason) }
}
