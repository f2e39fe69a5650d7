import RaftMembership
import Testing

@testable import RaftCore

@Suite("What becomes of snapshots is told as events")
struct SnapshotWatchTests {
    private let id = SnapshotID(last: LogID(term: 2, index: 10), size: 7, checksum: 9)

    @Test("A snapshot is taken when it would survive a crash, and the log is cut behind it (S2, L7)")
    func taken() {
        var watch = SnapshotWatch(purged: 3)
        #expect(watch.present(nil).purgedIndex == 3 && watch.present(nil).snapshot == nil)
        #expect(watch.note(.snapshotTaken(id, purged: 8)).isEmpty)
        #expect(watch.align(isNamed: false, purged: 8).isEmpty)
        let told = watch.align(isNamed: true, purged: 8)
        #expect(told.map(\.kind) == [.taken, .purged])
        #expect(told[0].snapshot == id && told[0].purgedIndex == 3 && told[1].purgedIndex == 8)
        #expect(watch.align(isNamed: true, purged: 8).isEmpty)
        #expect(watch.align(isNamed: true, purged: 10).map(\.kind) == [.purged])
    }

    @Test("What is sent, received, installed and failed is told with whom it concerns")
    func others() {
        var watch = SnapshotWatch(purged: 3)
        let events: [EngineEvent] = [
            .snapshotOffered(2, id), .snapshotDelivered(2, id), .snapshotInstalling(id), .snapshotInstalled(id),
            .snapshotFailed("no room"), .leaderChanged(nil, 3),
        ]
        let told = events.flatMap { watch.note($0) }
        #expect(told.map(\.kind) == [.offered, .delivered, .received, .installed, .failed])
        #expect(told.map(\.peer) == [2, 2, nil, nil, nil])
        #expect(told.map(\.snapshot) == [id, id, id, id, nil])
        #expect(told.last?.reason == "no room")
    }
}
