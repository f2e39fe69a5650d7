import RaftCore
import RaftCrashRecorder
import RaftMembership
import RaftTesting
import Testing

@testable import RaftStorageLMDB

@Suite("The LMDB storage keeps the promises of a storage")
struct ConformanceTests {
    /// The suite for a storage that breaks at most one rule on purpose.
    static func suite(_ broken: MutationSwitch = MutationSwitch()) -> StorageConformance {
        var options = StorageConformanceOptions()
        options.recorder = .systemCalls
        options.keepsReserve = true
        // LMDB's table of readers, in shared memory; and the process id in the lock is for people.
        options.scratchFiles = ["raft.mdb-lock", "LOCK"]
        // The number of the transaction on either meta page.
        options.uncheckedBytes = ["raft.mdb": [144..<152, 4240..<4248]]
        return StorageConformance(options: options) { directory in
            var options = LMDBOptions()
            options.initialMapSize = 1 << 20
            options.reserve = 1 << 18
            options.broken = broken
            return try LMDBStorage(
                directory: directory, context: StorageContext(node: 1, clusterName: "test"), options: options)
        }
    }

    @Test(
        "It passes the conformance suite, crashes and failures at any system call included (D1-D4, L4, L7, L8, L13, S10)"
    )
    func conforms() async throws {
        try await Self.suite().run()
    }
}
