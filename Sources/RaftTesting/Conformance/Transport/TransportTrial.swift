import Glibc
import RaftCore
import RaftMembership
import RaftTracing
import Synchronization

/// One property being checked: a few nodes, and how to wait for what they say.
final class TransportTrial: Sendable {
    let property: ConformanceProperty
    let options: TransportConformanceOptions
    private let make: @Sendable (TransportPlace) throws -> TransportSite
    private let scratch: ScratchDirectory
    private let state = Mutex(State())

    private struct State {
        var places: [NodeID: TransportPlace] = [:]
        var running: [TransportNode] = []
        var number: UInt64 = 1_000_000
    }

    static let cluster = ClusterID(high: 0x1122_3344_5566_7788, low: 0x99AA_BBCC_DDEE_FF00)
    static let otherCluster = ClusterID(high: 1, low: 2)

    init(
        _ property: ConformanceProperty, options: TransportConformanceOptions,
        make: @escaping @Sendable (TransportPlace) throws -> TransportSite
    ) throws {
        self.property = property
        self.options = options
        self.make = make
        scratch = try ScratchDirectory("net")
    }

    func failure(_ message: String) -> ConformanceFailure {
        ConformanceFailure(property, message, seed: options.seed)
    }

    // MARK: Nodes

    /// A node that listens. The same id is at the same place again.
    func start(
        _ id: NodeID, incarnation: Incarnation = 1, name: String = "demo", cluster: ClusterID? = TransportTrial.cluster
    ) async throws -> TransportNode {
        let node = try prepare(id, incarnation: incarnation)
        do {
            try await node.transport.start(
                identity: node.identity(name: name, cluster: cluster), receiver: node.listener)
        } catch {
            await node.stop()
            throw failure("node \(id) cannot start: \(error)")
        }
        state.withLock { $0.running.append(node) }
        return node
    }

    /// A node that is not started.
    func prepare(_ id: NodeID, incarnation: Incarnation = 1) throws -> TransportNode {
        let place = try place(of: id)
        do {
            let site = try make(place)
            let context = TransportContext(
                node: id, tracer: .silent, maximumMessageBytes: options.maximumMessageBytes)
            let (transport, environment) = try site.provider.make(context)
            return TransportNode(
                Member(id: id, incarnation: incarnation), addresses: site.addresses, transport: transport,
                environment: environment,
                life: NodeLife(startCounter: 3, nonce: id.rawValue * 77, term: Term(incarnation.rawValue)))
        } catch {
            throw failure("a transport cannot be made: \(error)")
        }
    }

    private func place(of id: NodeID) throws -> TransportPlace {
        if let known = state.withLock({ $0.places[id] }) { return known }
        let word = scratch.path.split(separator: "-").last.map(String.init) ?? "net"
        let place = TransportPlace(
            node: id, name: "\(word)-\(id)", directory: scratch.path, port: try Self.freePort())
        state.withLock { $0.places[id] = place }
        return place
    }

    /// Asks the system for a port that nobody uses.
    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw ScratchError("no socket can be made: error \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(descriptor, address, size) == 0 ? getsockname(descriptor, address, &size) : -1
            }
        }
        guard result == 0 else { throw ScratchError("no port is free: error \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }

    func stop(_ node: TransportNode) async {
        state.withLock { state in state.running.removeAll { $0 === node } }
        await node.stop()
    }

    func stopAll() async {
        let running = state.withLock { state in
            defer { state.running = [] }
            return state.running
        }
        for node in running { await node.stop() }
    }

    // MARK: Waiting

    /// Looks again and again until `condition` holds.
    /// - Throws: `ConformanceFailure` with `what` was awaited.
    func wait(for what: @autoclosure () -> String, _ condition: () async -> Bool) async throws {
        let clock = ContinuousClock()
        let deadline = clock.now + options.patience
        while await !condition() {
            guard clock.now < deadline else { throw failure("\(what()) did not come within \(options.patience)") }
            // Gives the processor away between two looks; nothing depends on how long.
            try await clock.sleep(for: .milliseconds(1))
        }
    }

    func waitForConnection(_ one: TransportNode, _ other: TransportNode) async throws {
        try await wait(for: "word at node \(one.member.id) of the connection with node \(other.member.id)") {
            one.listener.now.connected.contains { $0.member == other.member }
                && one.listener.now.present.contains(other.member.id)
        }
    }

    /// Two nodes, of which the first keeps the only connection: what is sent on it stays in order.
    func pair(cluster: ClusterID? = TransportTrial.cluster) async throws -> (TransportNode, TransportNode) {
        let one = try await start(1, cluster: cluster)
        let two = try await start(2, cluster: cluster)
        await one.meet(two)
        try await waitForConnection(one, two)
        try await waitForConnection(two, one)
        return (one, two)
    }

    /// Numbers that no other message of this trial has.
    func freshNumber() -> UInt64 {
        state.withLock { state in
            state.number += 1
            return state.number
        }
    }

    /// Sends until something came: whatever was sent before on the same connection has come by then, or never will.
    func flushThrough(
        from one: TransportNode, to other: TransportNode,
        _ message: (EnvelopeSamples, UInt64) -> Envelope = { $0.heartbeat($1) }
    ) async throws {
        let first = freshNumber()
        try await wait(for: "a message from node \(one.member.id) to node \(other.member.id)") {
            let samples = EnvelopeSamples(from: one.member, to: other.member)
            await one.send([message(samples, freshNumber())])
            return other.listener.numbers.contains { $0 > first }
        }
    }

    /// Checks that none of `envelopes` came to `node`.
    func expectNone(of envelopes: [Envelope], at node: TransportNode, _ what: String) throws {
        let found = node.listener.now.envelopes
        if let culprit = envelopes.first(where: { found.contains($0) }) {
            throw failure(
                "\(what) was delivered: \(culprit.message.name) from \(culprit.from) to \(culprit.to), at \(node.member)"
            )
        }
    }
}
