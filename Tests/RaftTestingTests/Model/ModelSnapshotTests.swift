import RaftTesting
import Testing

/// What the model checker sees of snapshots and logs that were cut.
@Suite("Snapshots in the model checker")
struct ModelSnapshotTests {
    @Test(
        "A server that lacks what was compacted installs its leader's snapshot, and every property holds (S1, S2, S3)",
        arguments: ["behind", "behindConflict", "witnessBehind"])
    func install(root: String) throws {
        let report = try explore(root, ModelBudget(terms: 0), depth: 14)
        expectSound(report, with: [.snapshotInstalled])
    }

    @Test("A crash at any moment of an installation loses nothing, and the machine is restored (S2, S4, L7)")
    func crash() throws {
        for root in ["behind", "witnessBehind"] {
            let report = try explore(root, ModelBudget(terms: 0, crashes: 1), depth: 11)
            expectSound(report, with: [.installCrash, .lostWrite, .snapshotInstalled])
        }
    }

    @Test("A snapshot that comes twice, or late, is not installed again (S3)")
    func again() throws {
        let report = try explore("behind", ModelBudget(terms: 0, duplicates: 2), depth: 11)
        expectSound(report, with: [.snapshotInstalled, .duplicateDelivery])
    }

    @Test(
        "Any server takes a snapshot and cuts its log, with elections and crashes, and every property holds (S1, S8, S9)"
    )
    func taking() throws {
        let crashes = try explore("led", ModelBudget(terms: 0, entries: 1, crashes: 1, snapshots: 2), depth: 8)
        expectSound(crashes, with: [.snapshotTaken, .crash, .commit])
        let elections = try explore("led", ModelBudget(terms: 1, entries: 1, snapshots: 1), depth: 9)
        expectSound(elections, with: [.snapshotTaken, .twoElections])
    }

    @Test("Members come and go while any server takes a snapshot, and every property holds (S4, M2, X2)")
    func membership() throws {
        for root in ["add", "addWitness", "remove"] {
            let report = try explore(root, ModelBudget(terms: 0, changes: 1, snapshots: 1), depth: 40) {
                $0.maximumStates = 20_000
            }
            expectSound(report, with: [.snapshotTaken])
        }
    }

    @Test("Who asks for a snapshot while the leader's is installed is answered (W1)")
    func calls() throws {
        let report = try explore("behind", ModelBudget(terms: 0, snapshots: 1), depth: 9)
        expectSound(report, with: [.snapshotTaken, .snapshotInstalled])
    }

    @Test("Two servers with snapshots are explored to the end")
    func exhausted() throws {
        let report = try explore("led", nodes: 2, ModelBudget(terms: 0, entries: 1, snapshots: 2), depth: 200)
        expectSound(report, with: [.snapshotTaken, .commit])
        #expect(report.limit == .exhausted)
    }

    @Test("States with snapshots that are taken for one behave alike")
    func identity() throws {
        for (root, nodes) in [("behind", 3), ("witnessBehind", 3), ("led", 2)] {
            let budget = ModelBudget(terms: 1, entries: 1, crashes: 1, heartbeats: 1, snapshots: 1)
            let report = try explore(root, nodes: nodes, budget, depth: nodes == 2 ? 6 : 5) {
                $0.auditsIdentity = true
            }
            expectSound(report)
            #expect(report.audits > 200)
        }
    }

    @Test("Names of servers matter to no snapshot")
    func symmetry() throws {
        let budget = ModelBudget(terms: 0, entries: 1, snapshots: 2)
        let reduced = try explore("led", budget, depth: 8)
        let whole = try explore("led", budget, depth: 8) { $0.reducesSymmetry = false }
        #expect(whole.distinct > reduced.distinct * 3 / 2 && whole.distinct <= 6 * reduced.distinct)
        for position in reduced.landmarks.indices {
            #expect((reduced.landmarks[position] > 0) == (whole.landmarks[position] > 0))
        }
    }
}
