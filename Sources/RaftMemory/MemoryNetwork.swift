public import RaftCore
public import RaftMembership
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
        func holds(_ name: String) -> Bool { first == name || second == name }
    }

    let lane = CallerLane()
    private let stations = Mutex<[String: Station]>([:])
    /// Those who have greeted each other, and neither objected (rule M10).
    private let greeted = Mutex<Set<Pair>>([])

    public init() {}

    func join(_ name: String, _ station: Station) throws {
        try stations.withLock { stations in
            guard stations[name] == nil else {
                throw TransportError("address memory:\(name) is in use by another node of this network")
            }
            stations[name] = station
        }
        announce(name)
    }

    func leave(_ name: String) {
        let (left, others) = stations.withLock { stations in (stations.removeValue(forKey: name), stations) }
        greeted.withLock { greeted in greeted = greeted.filter { !$0.holds(name) } }
        guard let left else { return }
        for station in others.values where Self.names(station.peers, name) {
            station.receiver.disconnected(left.identity.member.id)
        }
    }

    func update(_ name: String, _ change: @Sendable (inout Station) -> Void) {
        let isKnown = stations.withLock { stations in
            guard var station = stations[name] else { return false }
            change(&station)
            stations[name] = station
            return true
        }
        if isKnown { announce(name) }
    }

    /// The station at an address, when the two may talk: as a handshake would find out (rule N1).
    func station(at address: String, from: String) -> Station? {
        stations.withLock { stations in
            guard address.hasPrefix("memory:"), let own = stations[from],
                let other = stations[String(address.dropFirst("memory:".count))],
                Self.mayConnect(own.identity, other.identity), haveGreeted(from, address.dropFirst("memory:".count))
            else { return nil }
            return other
        }
    }

    /// Tells both ends of every connection that the newcomer completes.
    private func announce(_ name: String) {
        let all = stations.withLock { $0 }
        guard let new = all[name] else { return }
        for (otherName, other) in all.sorted(by: { $0.key < $1.key }) where otherName != name {
            guard Self.mayConnect(new.identity, other.identity), greet(name, new, otherName, other) else { continue }
            if Self.names(new.peers, otherName) {
                new.receiver.connected(other.identity.member, clientAddresses: other.identity.clientAddresses)
            }
            if Self.names(other.peers, name) {
                other.receiver.connected(new.identity.member, clientAddresses: new.identity.clientAddresses)
            }
        }
    }

    /// What a handshake would find out about the two ends' lives. Who is objected to is told so.
    private func greet(_ name: String, _ one: Station, _ otherName: String, _ other: Station) -> Bool {
        let pair = Pair(name, otherName)
        let toOne = other.receiver.objection(to: one.identity.member, life: one.receiver.life)
        let toOther = one.receiver.objection(to: other.identity.member, life: other.receiver.life)
        if let toOne { one.receiver.refusedAsAmnesiac(by: other.identity.member.id, toOne) }
        if let toOther { other.receiver.refusedAsAmnesiac(by: one.identity.member.id, toOther) }
        let isFine = toOne == nil && toOther == nil
        greeted.withLock { greeted in
            if isFine { greeted.insert(pair) } else { greeted.remove(pair) }
        }
        return isFine
    }

    private func haveGreeted(_ one: String, _ other: Substring) -> Bool {
        greeted.withLock { $0.contains(Pair(one, String(other))) }
    }

    private static func names(_ peers: [Peer], _ name: String) -> Bool {
        peers.contains { $0.addresses.contains("memory:\(name)") }
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
        network.update(name) { $0.identity = identity }
    }

    func updatePeers(_ peers: [Peer]) {
        state.withLock { state in
            state.peers = [:]
            for peer in peers { state.peers[peer.id] = peer }
        }
        network.update(name) { $0.peers = peers }
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
            let fits = envelopes.allSatisfy { isFull && ($0.to == member) }
            let deliverable =
                fits
                ? envelopes
                : envelopes.filter {
                    (isFull || $0.isFormation) && ($0.to == member || $0.to.incarnation == .unknown)
                }
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

extension MemoryNetwork {
    /// The station of a node that this one has no address of: the way back on a connection that came in.
    func station(of id: NodeID, from: String) -> Station? {
        stations.withLock { stations in
            guard let own = stations[from] else { return nil }
            return stations.first { name, station in
                station.identity.member.id == id && Self.mayConnect(own.identity, station.identity)
                    && haveGreeted(from, name[...])
            }?.value
        }
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
        ThreadLane(name: purpose == .storage ? "raft-storage" : "raft-machine")
    }
}
