import Foundation
import RaftClient
import RaftTesting
import Testing

extension RealProcesses {
    @Suite("Scenarios with real processes", .serialized)
    struct ScenarioTests {
        @Test(
            "Each scenario holds with real processes (§5.2, §5.4, §6, §7, §8, D1, M3, M4, M6, M10, R1, S2, T1, V9, W1)",
            arguments: Scenario.all)
        func scenario(_ scenario: Scenario) async throws {
            let cluster = try ProcessScenarioCluster(spares: scenario.needsSpares ? 3 : 0)
            do {
                let report = try await scenario.run(on: cluster, seed: UInt64.random(in: 0 ... .max))
                await cluster.shutdown(keepFiles: false)
                #expect(report.answered > 100)
                // A cut that loses nothing proves nothing.
                if scenario.cutsLinks { #expect(cluster.lostBytes > 1000) }
            } catch {
                await cluster.shutdown(keepFiles: true)
                Issue.record("\(error); the files are in \(cluster.processes.directory.path)")
            }
        }

        @Test("Readers that take stale answers for fresh ones are found with real processes")
        func staleReaders() async throws {
            let cluster = try ProcessScenarioCluster(readerConsistency: .stale)
            let failure = await #expect(throws: ScenarioFailure.self) {
                try await Scenario.partitionTheLeaderAway.run(on: cluster, seed: 11)
            }
            await cluster.shutdown(keepFiles: false)
            #expect(failure?.kind == .notLinearizable, "\(String(describing: failure))")
        }
    }
}
