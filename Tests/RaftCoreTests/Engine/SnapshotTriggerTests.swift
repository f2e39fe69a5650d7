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
}
