public import RaftCore
import RaftMembership
import RaftThreads
import Synchronization

/// Connects nodes of one process: addresses are `memory:NAME`.
///
/// Envelopes are handed over as values, in order, without loss; the nodes share one lane. For faults of every kind, use
/// the simulator instead.
public final class MemoryNetwork: Sendable {
    struct Station: Sendable {
        var identity: NodeIdentity
        var receiver: any TransportReceiver
        var peers: [Peer] = []
    }

    /// Two names, the lesser first.
    private struct Pair: Hashable {
        var first: String
        var second: String

        init(_ one: String, _ other: String) { (first, second) = one < other ? (one, other) : (other, one) }
    }

    /// Everybody, and who is connected: those of whom one names the other, that may talk, and that greeted each other
    /// without an objection (rule M10).
    private struct Board {
        var stations: [String: Station] = [:]
        var connections: Set<Pair> = []
    }

    let lane = CallerLane()
    private let board = Mutex(Board())

    public init() {}

    func join(_ name: String, _ station: Station) throws {
        try board.withLock { board in
            guard board.stations[name] == nil else {
                throw TransportError("address memory:\(name) is in use by another node of this network")
            }
            board.stations[name] = station
        }
        connect(name, anew: true)
    }

    func leave(_ name: String) {
        let (left, others) = board.withLock { board in
            let left = board.stations.removeValue(forKey: name)
            let others = board.stations.filter { board.connections.remove(Pair(name, $0.key)) != nil }
            return (left, others)
        }
        guard let left else { return }
        for (_, station) in others.sorted(by: { $0.key < $1.key }) {
            station.receiver.disconnected(left.identity.member.id)
        }
    }

    /// - Parameter anew: whether what was proven before must be proven again.
    func update(_ name: String, anew: Bool, _ change: @Sendable (inout Station) -> Void) {
        let isKnown = board.withLock { board in
            guard var station = board.stations[name] else { return false }
            change(&station)
            board.stations[name] = station
            return true
        }
        if isKnown { connect(name, anew: anew) }
    }

    /// The station at an address, when the two are connected.
    func station(at address: String, from: String) -> Station? {
        guard address.hasPrefix("memory:") else { return nil }
        let name = String(address.dropFirst("memory:".count))
        return board.withLock { board in
            board.connections.contains(Pair(from, name)) ? board.stations[name] : nil
        }
    }

    /// The station of a node that this one has no address of: the way back on a connection that came in.
    func station(of id: NodeID, from: String) -> Station? {
        board.withLock { board in
            board.stations.first { name, station in
                station.identity.member.id == id && board.connections.contains(Pair(from, name))
            }?.value
        }
    }

    /// Makes and ends connections of `name`, and tells both ends.
    private func connect(_ name: String, anew: Bool) {
        let (all, connected) = board.withLock { ($0.stations, $0.connections) }
        guard let own = all[name] else { return }
        for (otherName, other) in all.sorted(by: { $0.key < $1.key }) where otherName != name {
            let pair = Pair(name, otherName)
            let wasConnected = connected.contains(pair)
            let mayConnect =
                Self.mayConnect(own.identity, other.identity)
                && (Self.names(own.peers, otherName, other) || Self.names(other.peers, name, own))
            if mayConnect, wasConnected, !anew { continue }
            let isConnected = mayConnect && greet(own, other)
            board.withLock { board in
                if isConnected { board.connections.insert(pair) } else { board.connections.remove(pair) }
            }
            if isConnected {
                own.receiver.connected(other.identity.member, clientAddresses: other.identity.clientAddresses)
                other.receiver.connected(own.identity.member, clientAddresses: own.identity.clientAddresses)
            } else if wasConnected {
                own.receiver.disconnected(other.identity.member.id)
                other.receiver.disconnected(own.identity.member.id)
            }
        }
    }

    /// What a handshake would find out about the two ends' lives. Who is objected to is told so.
    private func greet(_ one: Station, _ other: Station) -> Bool {
        let toOne = other.receiver.objection(to: one.identity.member, life: one.receiver.life)
        let toOther = one.receiver.objection(to: other.identity.member, life: other.receiver.life)
        if let toOne { one.receiver.refusedAsAmnesiac(by: other.identity.member.id, toOne) }
        if let toOther { other.receiver.refusedAsAmnesiac(by: one.identity.member.id, toOther) }
        return toOne == nil && toOther == nil
    }

    private static func names(_ peers: [Peer], _ name: String, _ station: Station) -> Bool {
        peers.contains { $0.id == station.identity.member.id && $0.addresses.contains("memory:\(name)") }
    }

    private static func mayConnect(_ first: NodeIdentity, _ second: NodeIdentity) -> Bool {
        guard first.clusterName == second.clusterName else { return false }
        guard let one = first.cluster, let two = second.cluster else { return true }
        return one == two
    }
}

/// One node's end of a `MemoryNetwork`.
final class MemoryTransport: Transport {
    private struct State {
        var identity: NodeIdentity?
        var hasJoined = false
        var peers: [NodeID: Peer] = [:]
        /// Queued until the flush, by addressee.
        var outgoing: [(NodeID, [Envelope])] = []
    }

    private let network: MemoryNetwork
    private let name: String
    private let state = Mutex(State())

    init(network: MemoryNetwork, name: String) {
        self.network = network
        self.name = name
    }

    func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws {
        state.withLock { $0.identity = identity }
        try network.join(name, MemoryNetwork.Station(identity: identity, receiver: receiver))
        state.withLock { $0.hasJoined = true }
    }

    func updateIdentity(_ identity: NodeIdentity) {
        state.withLock { $0.identity = identity }
        network.update(name, anew: true) { $0.identity = identity }
    }

    func updatePeers(_ peers: [Peer]) {
        state.withLock { state in
            state.peers = [:]
            for peer in peers { state.peers[peer.id] = peer }
        }
        network.update(name, anew: false) { $0.peers = peers }
    }

    func send(_ envelope: Envelope) {
        state.withLock { state in
            if let at = state.outgoing.firstIndex(where: { $0.0 == envelope.to.id }) {
                state.outgoing[at].1.append(envelope)
            } else {
                state.outgoing.append((envelope.to.id, [envelope]))
            }
        }
    }

    func flush() {
        let (outgoing, peers, identity) = state.withLock { state in
            defer { state.outgoing.removeAll(keepingCapacity: true) }
            return (state.outgoing, state.peers, state.identity)
        }
        guard let identity else { return }
        for (id, envelopes) in outgoing {
            let station: MemoryNetwork.Station?
            if let address = peers[id]?.addresses.first {
                station = network.station(at: address, from: name)
            } else {
                station = network.station(of: id, from: name)
            }
            guard let station else { continue }
            let member = station.identity.member
            let isFull = identity.cluster != nil && identity.cluster == station.identity.cluster
            let isDeliverable: (Envelope) -> Bool = { envelope in
                (isFull || envelope.isFormation) && envelope.from == identity.member && envelope.to.id == member.id
                    && (envelope.to.incarnation == member.incarnation || envelope.to.incarnation == .unknown)
            }
            // Mostly all of them are, and then the array is handed over as it is.
            let deliverable = envelopes.allSatisfy(isDeliverable) ? envelopes : envelopes.filter(isDeliverable)
            if !deliverable.isEmpty { station.receiver.received(deliverable) }
        }
    }

    func shutdown() async {
        // The name may be another's: only who joined under it leaves.
        let hadJoined = state.withLock { state in
            defer { state.hasJoined = false }
            return state.hasJoined
        }
        if hadJoined { network.leave(name) }
    }
}

extension TransportProvider {
    /// In this process, at `memory:NAME`, driven by whichever thread has something to say.
    public static func memory(_ name: String, on network: MemoryNetwork) -> TransportProvider {
        TransportProvider { _ in
            (MemoryTransport(network: network, name: name), MemoryEnvironment(lane: network.lane))
        }
    }
}

/// The world of nodes that share a process: the caller's thread, the system's clocks and randomness.
struct MemoryEnvironment: Environment {
    let lane: CallerLane

    var driverLane: any TimedLane { lane }
    func now() -> Instant { Instant(nanoseconds: MonotonicClock.nanoseconds()) }
    func wallClock() -> UInt64 { WallClock.nanoseconds() }
    func random() -> UInt64 { RandomSource.next() }
    func makeLane(for purpose: LanePurpose) -> any Lane {
        switch purpose {
        case .storage: ThreadLane(name: "raft-storage")
        case .machine: ThreadLane(name: "raft-machine")
        case .snapshot: ThreadLane(name: "raft-snapshot")
        }
    }
}
