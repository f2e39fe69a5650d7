import Foundation
import Synchronization

/// Stands between real nodes: each is dialled at a socket of the relay, which connects on to where it really listens and
/// copies bytes both ways. So one direction of one link can be cut without the nodes' help.
///
/// Who dials is known by its process (`SO_PEERCRED`). A node sends to a peer on the connection that it dialled; on the
/// same one the peer only greets. So a cut from A to B loses the bytes of A on the connections that A dialled to B, and
/// leaves B's greetings alone, which belong to the other direction's set-up as much as to this one's. A connection that
/// lost bytes is torn: it is closed when the link is healed, and both ends begin anew.
///
/// One thread and `poll`; at most 64 KiB wait in each direction of a connection.
final class PeerRelay: Sendable {
    struct Link: Hashable, Sendable {
        var source: Int
        var target: Int
    }

    struct Listener: Sendable {
        var target: Int
        var descriptor: Int32
        /// Where the target really listens.
        var path: String
    }

    private struct State {
        var nodes: [pid_t: Int] = [:]
        var cut: Set<Link> = []
        var isStopped = false
    }

    private let state = Mutex(State())
    private let lost = Atomic<Int>(0)
    /// Written to so that the thread looks up.
    private let wakeUp: Int32
    private let hasEnded = DispatchSemaphore(value: 0)

    /// - Parameter routes: for each node the path where it is dialled and the one where it listens.
    init(_ routes: [(target: Int, relay: String, real: String)]) throws {
        let ends = try UnixSocket.pair()
        wakeUp = ends.0
        var listeners: [Listener] = []
        for route in routes {
            let descriptor = try UnixSocket.listen(at: route.relay)
            listeners.append(Listener(target: route.target, descriptor: descriptor, path: route.real))
        }
        let ready = listeners
        Thread.detachNewThread { [self] in
            var loop = RelayLoop(relay: self, listeners: ready, wakeUp: ends.1)
            loop.run()
            hasEnded.signal()
        }
    }

    /// This process dials as this node.
    func know(_ process: pid_t, as node: Int) { state.withLock { $0.nodes[process] = node } }

    func forget(_ process: pid_t) { state.withLock { $0.nodes[process] = nil } }

    func cut(from source: Int, to target: Int) {
        state.withLock { _ = $0.cut.insert(Link(source: source, target: target)) }
        wake()
    }

    func heal() {
        state.withLock { $0.cut = [] }
        wake()
    }

    /// Bytes that were lost on cut links.
    var lostBytes: Int { lost.load(ordering: .relaxed) }

    /// Closes every socket. Call it once.
    func stop() {
        state.withLock { $0.isStopped = true }
        wake()
        hasEnded.wait()
        close(wakeUp)
    }

    private func wake() {
        var one: UInt8 = 1
        // When its buffer is full the thread has enough to look up for.
        _ = write(wakeUp, &one, 1)
    }

    // MARK: For the thread

    func node(of process: pid_t) -> Int? { state.withLock { $0.nodes[process] } }
    func countLost(_ bytes: Int) { lost.add(bytes, ordering: .relaxed) }

    /// Nil when it is to end.
    var cutLinks: Set<Link>? { state.withLock { $0.isStopped ? nil : $0.cut } }
}

struct RelayError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
