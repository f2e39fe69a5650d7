import RaftCore
import RaftCrashRecorder
import RaftMembership
import RaftStorageLMDB
import RaftTesting
import Testing

@Suite("The LMDB storage keeps the promises of a storage")
struct ConformanceTests {
    @Test("It passes the conformance suite, crashes at any system call included (D1, D3, L4, L7, L13, S10)")
    func conforms() async throws {
        var options = StorageConformanceOptions()
        options.recorder = .systemCalls
        // LMDB's table of readers, in shared memory; and the process id in the lock is for people.
        options.scratchFiles = ["raft.mdb-lock", "LOCK"]
        // The number of the transaction on either meta page.
        options.uncheckedBytes = ["raft.mdb": [144..<152, 4240..<4248]]
        try await StorageConformance(options: options) { directory in
            var options = LMDBOptions()
            options.initialMapSize = 1 << 20
            options.reserve = 1 << 18
            return try LMDBStorage(
                directory: directory, context: StorageContext(node: 1, clusterName: "test"), options: options)
        }.run()
    }
}
