import RaftCore
import RaftMembership
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// Whole clusters under faults of every kind. `RAFT_SEED=N` replays one seed, `RAFT_SEEDS=N` runs so many.
@Suite("Random clusters")
struct RandomisedTests {
    static let blocks: [ClosedRange<UInt64>] = {
        if let seed = number("RAFT_SEED") { return [seed...seed] }
        let count = number("RAFT_SEEDS") ?? 300
        return stride(from: UInt64(1), through: count, by: 50).map { $0...min($0 + 49, count) }
    }()

    private static func number(_ name: String) -> UInt64? { getenv(name).flatMap { UInt64(String(cString: $0)) } }

    @Test(
        "Clusters stay safe through crashes, partitions and lost messages, and work again afterwards", arguments: blocks
    )
    func random(_ seeds: ClosedRange<UInt64>) {
        for seed in seeds {
            do {
                try RandomRun.run(seed: seed)
            } catch {
                Issue.record("seed \(seed): \(error)\nreplay: RAFT_SEED=\(seed) swift test --filter RandomisedTests")
            }
        }
    }
}
