import RaftMembership
import Testing

@testable import RaftCore

@Suite("When a snapshot is taken")
struct SnapshotTriggerTests {
    /// A server that comes up with a configuration and eleven commands, all committed; it has ordered a snapshot at entry 10.
    private func server() throws -> TestEngine {
        var configuration = RaftConfiguration()
        configuration.snapshotEntries = 5
        var server = try TestEngine(
            log: [Term](repeating: 1, count: 11), commit: 12, configuration: configuration)
        if server.engine.snapshots.taking == nil { server.step(.started) }
        return server
    }

    @Test("A trigger that was dropped, or came to nothing, holds up no later one (S9)")
    func droppedTrigger() throws {
        var server = try server()
        let first = try #require(server.engine.snapshots.taking)
        #expect(first.last == LogID(term: 1, index: 10))
        // Comes while one is taken: that one does not cover what the caller wants.
        server.step(.applied(through: 12))
        server.step(.snapshotRequested(CallID(rawValue: 1), compacts: false))
        #expect(server.engine.snapshots.taking == first)
        let snapshot = Snapshot(
            last: first.last, cluster: TestEngine.cluster,
            configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: TestEngine.three), size: 12)
        server.step(.snapshotTaken(first.order, .taken(snapshot)))
        let second = try #require(server.engine.snapshots.taking)
        #expect(second.last == LogID(term: 1, index: 12))
        // A failed one counts as none: the next call is served.
        server.step(.snapshotTaken(second.order, .failed("no room")))
        #expect(server.engine.snapshots.taking == nil && server.engine.snapshots.newest == snapshot)
        server.step(.snapshotRequested(CallID(rawValue: 2), compacts: false))
        #expect(server.engine.snapshots.taking?.last == LogID(term: 1, index: 12))
    }

    @Test("A call that comes while the disk lags behind a configuration is served when it has caught up (W1, S9)")
    func callOfLaggingDisk() throws {
        var server = try TestEngine(2, commit: 1)
        server.receive(
            server.append(1, after: TestEngine.id(1, 1), configurations: [TestEngine.three], commit: 2), from: 1)
        #expect(server.engine.commitIndex == 2 && server.engine.applySubmitted == 1)
        server.step(.snapshotRequested(CallID(rawValue: 1), compacts: true))
        server.persist()
        #expect(server.engine.snapshots.taking?.last == TestEngine.id(2, 1))
    }

    @Test("A newcomer takes no snapshot before it knows whether it is a witness (X2)")
    func newcomer() throws {
        var server = try TestEngine(4, commit: 1)
        let outcomes = server.step(.snapshotRequested(CallID(rawValue: 1), compacts: true)).snapshotOutcomes
        guard case .failed = outcomes.first else {
            Issue.record("the call came to \(outcomes)")
            return
        }
        #expect(server.engine.snapshots.taking == nil)
    }

    // MARK: Beside an installation

    /// The leader of term 2 sends this; the whole body is here.
    private static let sent = Snapshot(
        last: LogID(term: 2, index: 5), cluster: TestEngine.cluster,
        configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: TestEngine.three), size: 4)

    private func receiveSnapshot(_ server: inout TestEngine) {
        let snapshot = Self.sent
        for (offset, bytes) in [(UInt64(0), []), (0, [1, 2, 3, 4])] as [(UInt64, [UInt8])] {
            server.receive(
                .installSnapshot(
                    InstallSnapshot(term: 2, stream: 1, snapshot: snapshot, offset: offset, bytes: bytes)))
            server.step(
                .snapshotReceived(snapshot.id, written: UInt64(bytes.count), isWhole: !bytes.isEmpty))
        }
    }

    @Test("Who asks for a snapshot while the leader's is installed hears of that one, once it is (W1, S9)")
    func callDuringInstallation() throws {
        var server = try TestEngine(commit: 1)
        receiveSnapshot(&server)
        #expect(server.engine.snapshots.installing != nil)
        #expect(server.step(.snapshotRequested(CallID(rawValue: 1), compacts: true)).snapshotOutcomes.isEmpty)
        #expect(server.persist().snapshotOutcomes.isEmpty)
        #expect(server.step(.applied(through: 5)).snapshotOutcomes == [.done(Self.sent, purged: 5)])
    }

    @Test("Who waits for a snapshot that the leader's overtakes hears of the leader's (W1, S9)")
    func overtakenCall() throws {
        for isInstalled in [true, false] {
            var server = try TestEngine(commit: 1)
            server.step(.snapshotRequested(CallID(rawValue: 1), compacts: true))
            let taking = try #require(server.engine.snapshots.taking)
            var own = Self.sent
            own.last = taking.last
            receiveSnapshot(&server)
            var outcomes: [SnapshotOutcome] = []
            func install() {
                outcomes += server.persist().snapshotOutcomes
                outcomes += server.step(.applied(through: 5)).snapshotOutcomes
            }
            if isInstalled { install() }
            outcomes += server.step(.snapshotTaken(taking.order, .taken(own))).snapshotOutcomes
            if !isInstalled { install() }
            #expect(outcomes == [.done(Self.sent, purged: 5)])
        }
    }
}
