import Foundation
import RaftCore
import RaftMembership
import RaftStorageLMDB
import RaftTesting
import RaftTransportUnix
import Testing

/// The same modules as the daemon's, in this process.
@Suite("Scenarios with LMDB and Unix sockets in one process", .serialized)
struct InProcessScenarioTests {
    @Test(
        "Each scenario holds in one process (§5.2, §5.4, §6, §7, §8, D1, M3, M4, M6, M10, R1, S2, T1, V9, W1)",
        arguments: Scenario.all)
    func scenario(_ scenario: Scenario) async throws {
        // Socket paths are short, so the directory's is too.
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "raft-" + String(UInt32.random(in: 0...UInt32.max), radix: 36))
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let path = directory.path
        func addresses(_ ids: ClosedRange<UInt64>) -> [NodeID: String] {
            Dictionary(uniqueKeysWithValues: ids.map { (NodeID($0), "unix:\(path)/\($0).sock") })
        }
        var configuration = RaftConfiguration()
        configuration.snapshotChunkBytes = 4096
        let cluster = InProcessCluster(
            addresses: addresses(1...3), spares: scenario.needsSpares ? addresses(4...6) : [:],
            configuration: configuration,
            storage: { .lmdb(at: "\(path)/\($0)") },
            emptying: { try FileManager.default.removeItem(atPath: "\(path)/\($0)") },
            transport: { _, address in .unix(listeningOn: address) })
        do {
            let report = try await scenario.run(on: cluster, seed: UInt64.random(in: 0 ... .max))
            #expect(report.answered > 100)
            // A cut that loses nothing proves nothing.
            if scenario.cutsLinks { #expect(cluster.lostEnvelopes > 10) }
        } catch {
            Issue.record(error)
        }
        await cluster.shutdown()
    }
}
