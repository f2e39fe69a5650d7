import Glibc
import Synchronization

@testable import RaftStorageLMDB

/// Lets calls of a storage fail, while it says so.
final class StorageFault: Sendable {
    private let point = Mutex<LMDBOptions.FaultPoint?>(nil)
    private let error = Atomic(EIO)

    func callAsFunction(_ point: LMDBOptions.FaultPoint) -> Int32? {
        self.point.withLock { $0 == point } ? error.load(ordering: .relaxed) : nil
    }

    func set(_ new: LMDBOptions.FaultPoint?, _ error: Int32 = EIO) {
        self.error.store(error, ordering: .relaxed)
        point.withLock { $0 = new }
    }
}
