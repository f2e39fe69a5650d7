import RaftCore
import RaftMembership
import RaftMemory
import Synchronization

/// What is wrong with a broken transport.
enum TransportFault: String, CaseIterable, Sendable {
    // What is said of connections.
    case connectedNotTold, addressesNotTold, disconnectedNotTold, lifeNotTold, objectionsIgnored
    // What is carried, and how.
    case repliesChanged, extensionOfBatchLost, urgentReordered, doubled, largeDropped, firstPeerFlushedOnly, noWayBack
    case oneDirectionOnly
    // Who may talk.
    case addresseeNotChecked, senderNotChecked, clusterNameNotChecked, clusterIdentityNotChecked,
        everythingBeforeFormation
    // What changes.
    case namesNeverFoundAgain, keepsForAbsentPeers, peersNeverRemoved, identityKept, addressTaken, tellsAfterShutdown
}

/// A transport within the process, right in every promise: what broken ones are made from. Nodes find each other in a
/// table; who is connected is looked up anew after each change.
final class ToyNetwork: Sendable {
    struct Board {
        var nodes: [String: ToyTransport] = [:]
    }

    let fault: TransportFault?
    private let board = Mutex(Board())

    init(fault: TransportFault? = nil) { self.fault = fault }

    func site(_ place: String) -> TransportProvider {
        TransportProvider { _ in (ToyTransport(name: place, network: self), ToyEnvironment()) }
    }

    func join(_ name: String, _ node: ToyTransport) throws {
        let former = board.withLock { board in
            let former = board.nodes[name]
            if former == nil || fault == .addressTaken { board.nodes[name] = node }
            return former
        }
        if former != nil, fault != .addressTaken { throw TransportError("\(name) is in use") }
        review()
    }

    func leave(_ name: String, _ node: ToyTransport) {
        board.withLock { board in
            if board.nodes[name] === node { board.nodes[name] = nil }
        }
        review()
    }

    func node(_ name: String) -> ToyTransport? { board.withLock { $0.nodes[name] } }
    var nodes: [ToyTransport] { board.withLock { $0.nodes.values.sorted { $0.name < $1.name } } }

    /// Makes and ends connections where something changed.
    func review() {
        let nodes = self.nodes
        for (position, one) in nodes.enumerated() {
            for other in nodes.dropFirst(position + 1) { review(one, other) }
            one.drop(allBut: nodes)
        }
    }

    private func review(_ one: ToyTransport, _ other: ToyTransport) {
        guard let first = one.identity, let second = other.identity else { return }
        let isNamed = one.names(other) || other.names(one)
        let mayTalk =
            (first.clusterName == second.clusterName || fault == .clusterNameNotChecked)
            && (first.cluster == second.cluster || first.cluster == nil || second.cluster == nil
                || fault == .clusterIdentityNotChecked)
        let remains = fault == .peersNeverRemoved && one.isConnected(to: other)
        guard (isNamed || remains), mayTalk else {
            one.disconnect(from: other.name)
            other.disconnect(from: one.name)
            return
        }
        if one.isConnected(to: other, as: second), other.isConnected(to: one, as: first) { return }
        if fault == .namesNeverFoundAgain, one.hasLost(other) || other.hasLost(one) { return }
        let isFine = [one.accepts(other), other.accepts(one)].allSatisfy { $0 }
        guard isFine || fault == .objectionsIgnored else {
            one.disconnect(from: other.name)
            other.disconnect(from: one.name)
            return
        }
        one.connect(to: other, second)
        other.connect(to: one, first)
    }
}

/// The driver's lane runs on the caller's thread.
struct ToyEnvironment: Environment {
    struct ToyLane: TimedLane {
        func schedule(_ job: any Runnable) { job.run() }
        func schedule(_ job: any Runnable, at instant: Instant) {}
    }

    var driverLane: any TimedLane { ToyLane() }
    func now() -> Instant { .origin }
    func wallClock() -> UInt64 { 0 }
    func random() -> UInt64 { 0 }
    func makeLane(for purpose: LanePurpose) -> any Lane { ToyLane() }
}
