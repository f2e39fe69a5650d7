import RaftMembership
import Synchronization
import Testing

@testable import RaftCore

/// Rule D3 for bodies of snapshots: they are verified as they go out.
@Suite("Bodies that are sent")
struct SnapshotCarrierTests {
    /// One body, which can rot, and how often it is open.
    private final class Store: SnapshotStore {
        struct State {
            var bytes: [UInt8]
            var open = 0
            var failure: StorageError?
        }
        let state: Mutex<State>

        init(_ bytes: [UInt8]) { state = Mutex(State(bytes: bytes)) }

        func create(for group: GroupID) throws -> any SnapshotWriter { throw StorageError(.misuse, "not here") }
        func resume(_ snapshot: Snapshot, for group: GroupID) throws -> any SnapshotWriter {
            throw StorageError(.misuse, "not here")
        }
        func open(_ snapshot: SnapshotID, of group: GroupID) throws -> any SnapshotReader { Reader(self) }

        final class Reader: SnapshotReader {
            private let store: Store

            init(_ store: Store) {
                self.store = store
                store.state.withLock { $0.open += 1 }
            }

            deinit { store.state.withLock { $0.open -= 1 } }

            func read(at offset: UInt64, count: Int) throws -> [UInt8] {
                try store.state.withLock { state in
                    if let failure = state.failure { throw failure }
                    return Array(state.bytes.dropFirst(Int(offset)).prefix(count))
                }
            }
        }
    }

    private final class Bench {
        let store: Store
        let lane = ManualLane()
        let snapshot: Snapshot
        let carrier: SnapshotCarrier
        private let reports = Reports()

        final class Reports: Sendable {
            let list = Mutex<[String]>([])
        }

        init() {
            let bytes = (0..<100).map { UInt8($0) }
            store = Store(bytes)
            var snapshot = Snapshot(
                last: LogID(term: 1, index: 9), cluster: TestEngine.cluster,
                configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: TestEngine.three), size: 100)
            snapshot.checksum = bytes.withUnsafeBytes { SnapshotBody.checksum(0, $0) }
            self.snapshot = snapshot
            let reports = reports
            carrier = SnapshotCarrier(store: store, group: .first, lane: lane) { report in
                let line: String
                switch report {
                case .read(let bytes, let offset, _, _): line = "\(offset): \(bytes.map { "\($0.count)" } ?? "gone")"
                case .damaged(_, let error):
                    line = (error as? StorageError)?.code == .damaged ? "damaged" : "unreadable"
                default: line = "?"
                }
                reports.list.withLock { $0.append(line) }
            }
        }

        func read(at offset: UInt64, count: Int = 40) -> [String] {
            carrier.submit(.read(snapshot, offset: offset, count: count, peer: 2, stream: 1))
            lane.run()
            return reports.list.withLock { list in
                defer { list = [] }
                return list
            }
        }
    }

    @Test("Nobody gets the end of a body that is not what was written, wherever it is sent from (D3)")
    func rotten() {
        let bench = Bench()
        #expect(bench.read(at: 0) == ["0: 40"] && bench.read(at: 40) == ["40: 40"] && bench.read(at: 80) == ["80: 20"])
        // For another peer, from the beginning and from the middle, as long as it is whole.
        #expect(bench.read(at: 0) == ["0: 40"] && bench.read(at: 80) == ["80: 20"] && bench.read(at: 40) == ["40: 40"])
        bench.store.state.withLock { $0.bytes[50] ^= 1 }
        #expect(bench.read(at: 0) == ["0: 40"] && bench.read(at: 40) == ["40: 40"] && bench.read(at: 80) == ["damaged"])
        #expect(bench.read(at: 80) == ["damaged"])
        // What the peer has already is looked at too.
        let other = Bench()
        other.store.state.withLock { $0.bytes[0] ^= 1 }
        #expect(other.read(at: 80) == ["damaged"])
        other.store.state.withLock { $0.bytes = Array($0.bytes.prefix(60)) }
        #expect(other.read(at: 0) == ["0: 40"] && other.read(at: 40) == ["40: 20"])
    }

    @Test("A body that cannot be read is told as damaged, one that is not there any more as gone (D3)")
    func unreadable() {
        let bench = Bench()
        bench.store.state.withLock { $0.failure = StorageError(.io, "Input/output error") }
        #expect(bench.read(at: 0) == ["unreadable"])
        bench.store.state.withLock { $0.failure = StorageError(.missing, "there is none") }
        #expect(bench.read(at: 0) == ["0: gone"])
    }

    @Test("A body is open as long as somebody is sent it (D4)")
    func closed() throws {
        let bench = Bench()
        bench.carrier.submit(.keep(bench.snapshot.id, try bench.store.open(bench.snapshot.id, of: .first)))
        #expect(bench.read(at: 0) == ["0: 40"] && bench.store.state.withLock { $0.open } == 1)
        bench.carrier.submit(.close(bench.snapshot.id))
        bench.lane.run()
        #expect(bench.store.state.withLock { $0.open } == 0)
    }
}
