import RaftTesting
import Testing

/// What the model checker sees of witnesses.
@Suite("Witnesses in the model checker")
struct ModelWitnessTests {
    @Test("A leader and a witness commit, in spite of crashes and elections (X1, X2, X4)")
    func commits() throws {
        let crashes = try explore("witness", ModelBudget(terms: 0, entries: 1, crashes: 1), depth: 9)
        expectSound(crashes, with: [.witnessCommit, .crash, .lostWrite])
        let elections = try explore("witness", ModelBudget(terms: 1, entries: 1), depth: 10)
        expectSound(elections, with: [.witnessCommit, .twoElections])
    }

    @Test("Nobody leads who lacks what only one full member and the witness have (X1, X4)")
    func suffix() throws {
        let report = try explore("witnessSuffix", ModelBudget(terms: 1), depth: 100)
        expectSound(report, with: [.election, .witnessCommit, .refusedVote])
        #expect(report.limit == .exhausted)
    }

    @Test("A witness is added, or takes a full member's place, and every property holds (X1, X2, M3)")
    func added() throws {
        let report = try explore("addWitness", ModelBudget(terms: 0, changes: 1), depth: 40)
        expectSound(report, with: [.jointEntered, .jointLeft])
        let entries = try explore("addWitness", ModelBudget(terms: 0, entries: 1, crashes: 1, changes: 1), depth: 40) {
            $0.maximumStates = 30_000
        }
        expectSound(entries, with: [.crash, .proposal])
    }

    @Test("Who was a full member once and is added as a witness stops itself, and mixes nothing (X2)")
    func otherCopy() throws {
        let report = try explore("otherCopy", ModelBudget(terms: 0, entries: 1, crashes: 1, changes: 1), depth: 9)
        expectSound(report, with: [.otherCopy])
    }

    @Test("Witnesses are asked to read and to take over, and do neither (X3)")
    func asked() throws {
        let report = try explore(
            "witness", ModelBudget(terms: 1, heartbeats: 1, reads: 1, transfers: 1), depth: 8)
        expectSound(report, with: [.readAnswered, .transfer])
    }

    @Test("Full members that only their names tell apart are one state, and the witness is none of them")
    func symmetry() throws {
        let budget = ModelBudget(terms: 1, entries: 1)
        let reduced = try explore("witnessEmpty", budget, depth: 10)
        let whole = try explore("witnessEmpty", budget, depth: 10) { $0.reducesSymmetry = false }
        #expect(whole.distinct > reduced.distinct * 3 / 2 && whole.distinct <= 2 * reduced.distinct)
        for position in reduced.landmarks.indices {
            #expect((reduced.landmarks[position] > 0) == (whole.landmarks[position] > 0))
        }
    }

    @Test("States of witnesses that are taken for one behave alike")
    func identity() throws {
        let budget = ModelBudget(terms: 1, entries: 1, duplicates: 1, crashes: 1, heartbeats: 1)
        for root in ["witness", "witnessSuffix"] {
            let report = try explore(root, budget, depth: 6) { $0.auditsIdentity = true }
            expectSound(report)
            #expect(report.audits > 200)
        }
    }
}
