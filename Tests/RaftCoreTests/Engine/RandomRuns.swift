import RaftCore
import RaftMembership
import Synchronization
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// One random run from a seed: a time of trouble, then calm, in which the cluster must work again.
enum RandomRun {
    static let second: UInt64 = 1_000_000_000

    @discardableResult
    static func run(seed: UInt64, options: ClusterOptions? = nil) throws -> EngineCluster {
        SeedNote.running(seed)
        let cluster = try EngineCluster(seed: seed, options: options)
        do {
            try cluster.trouble(for: 3 * second)
            try calm(cluster)
        } catch {
            throw Violation("\(error), at \(cluster.now.rawValue / 1000) µs")
        }
        return cluster
    }

    static func calm(_ cluster: EngineCluster) throws {
        cluster.heal()
        cluster.clientsRun = false
        let elected = try cluster.run(for: 4 * second) { leader(of: cluster) != nil }
        guard elected else { throw Violation("no leader within 4 s of calm") }
        let target = cluster.properties.lastCommitted
        var isDone = false
        // A call may be rejected, as any client's may: by a leader deposed since, or because of a backlog.
        for _ in 0..<16 where !isDone {
            if let node = leader(of: cluster) { try cluster.propose(1, to: node) }
            isDone = try cluster.run(for: second / 2) {
                cluster.properties.lastCommitted > target
                    && cluster.nodes.allSatisfy { $0.applied.count == cluster.properties.committed.count && $0.isUp }
            }
        }
        guard isDone else {
            throw Violation("the calm cluster does not bring all servers up to date within 8 s: \(state(of: cluster))")
        }
        for node in cluster.nodes { try cluster.read(from: node) }
        // Leftover calls end, and whatever is in flight arrives.
        try cluster.run(for: 3 * second)
        try checkQuiet(cluster)
        try cluster.properties.checkEnd()
    }

    /// One line that says where everybody is.
    private static func state(of cluster: EngineCluster) -> String {
        cluster.nodes.map { node in
            guard let engine = node.engine else { return "\(node.member.id) down" }
            return "\(node.member.id) \(engine.role) of term \(engine.term), last \(engine.log.last), "
                + "flushed \(engine.log.flushed), committed \(engine.commitIndex), applied \(node.applied.count)"
        }.joined(separator: "; ") + ", windows of \(cluster.options.configuration.windowEntries) entries"
    }

    static func leader(of cluster: EngineCluster) -> SimulatedNode? {
        let leading = cluster.nodes.filter(\.isLeader)
        return leading.max { ($0.engine?.term ?? .zero) < ($1.engine?.term ?? .zero) }
    }

    /// P4: what counts work under way is back at zero.
    static func checkQuiet(_ cluster: EngineCluster) throws {
        for node in cluster.nodes {
            guard let engine = node.engine else { throw Violation("node \(node.member.id) is down") }
            guard engine.uncommitted.bytes == 0, engine.uncommitted.count == 0 else {
                throw Violation("uncommitted bytes remain (P4)")
            }
            for peer in engine.progress where peer.member != node.member {
                guard peer.inflight.count == 0, peer.inflight.bytes == 0, peer.mode == .replicate,
                    peer.matchIndex == engine.log.last.index
                else { throw Violation("\(node.member.id) still has requests under way to \(peer.member.id) (P4)") }
            }
            guard node.reads.isEmpty else { throw Violation("reads never ended on \(node.member.id) (R3)") }
            guard node.waiters.isEmpty, engine.log.flushed == engine.log.last.index,
                engine.appliedIndex == engine.commitIndex, engine.commitIndex == engine.log.last.index
            else { throw Violation("\(node.member.id) has not come to rest (D6)") }
        }
    }
}

/// Prints the seed under way when an engine traps, which ends the process before a test can say anything.
enum SeedNote {
    private static let current = Atomic<UInt64>(0)
    private static let isInstalled = Atomic<Bool>(false)

    static func running(_ seed: UInt64) {
        current.store(seed, ordering: .relaxed)
        guard isInstalled.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else { return }
        for number in [SIGILL, SIGTRAP, SIGABRT] { signal(number) { SeedNote.report($0) } }
    }

    /// In a signal handler: nothing but `write`.
    private static func report(_ number: Int32) {
        var text: [10 of UInt64] = .init(repeating: 0)
        var value = current.load(ordering: .relaxed)
        withUnsafeMutableBytes(of: &text) { raw in
            var at = raw.count - 1
            raw[at] = UInt8(ascii: "\n")
            repeat {
                at -= 1
                raw[at] = UInt8(ascii: "0") + UInt8(value % 10)
                value /= 10
            } while value > 0
            for byte in "\nreplay with RAFT_SEED=".utf8.reversed() {
                at -= 1
                raw[at] = byte
            }
            _ = write(STDERR_FILENO, raw.baseAddress.map { $0 + at }, raw.count - at)
        }
        signal(number, SIG_DFL)
        raise(number)
    }
}
