import RaftMembership
import RaftMemory
import Synchronization
import Testing

@testable import RaftCore

/// What a crash leaves of a durable machine: a total, and what the framework gave to keep with it.
final class LedgerDisk: Sendable {
    /// When a write fails, and the process with it.
    enum Crash: Sendable {
        case beforeWrite, afterWrite
        /// The state without the index that belongs to it: a machine that breaks rule C5.
        case between
    }

    private struct Content {
        var total = 0
        var state = DurableState.initial
        var writes = 0
        var crash: (at: Int, how: Crash)?
    }

    struct Crashed: Error {}

    private let content = Mutex(Content())

    var total: Int { content.withLock { $0.total } }
    var state: DurableState { content.withLock { $0.state } }
    var writes: Int { content.withLock { $0.writes } }

    func crash(at write: Int, _ how: Crash) { content.withLock { $0.crash = ($0.writes + write, how) } }

    func write(_ total: Int, _ state: DurableState) throws {
        try content.withLock { content in
            content.writes += 1
            let crash = content.crash.flatMap { $0.at == content.writes ? $0.how : nil }
            if crash == .beforeWrite { throw Crashed() }
            content.total = total
            if crash == .between { throw Crashed() }
            content.state = state
            if crash == .afterWrite { throw Crashed() }
        }
    }
}

/// Adds numbers and keeps the sum on its disk, with its applied index, in one transaction.
struct Ledger: StateMachine {
    private let disk: LedgerDisk
    private(set) var total: Int

    init(_ disk: LedgerDisk) {
        self.disk = disk
        total = disk.total
    }

    var isInline: Bool { true }

    mutating func apply(_ command: Int) -> Int {
        total += command
        return total
    }

    func recoverDurableState() throws -> DurableState? { disk.state }

    mutating func makeDurable(_ state: DurableState) throws { try disk.write(total, state) }

    func snapshot() -> (any SnapshotView)? { View(total: total) }

    struct View: SnapshotView {
        let total: Int
        func write(to sink: SnapshotSink) throws { try sink.write(Int64(total)) }
    }

    mutating func restore(from source: SnapshotSource) throws { total = Int(try source.read(Int64.self)) }
}

@Suite("A machine that owns its applied index is fed each entry once, crashes or not (C5)")
struct DurableMachineTests {
    private typealias Entry = (kind: EntryKind, extensions: EntryExtensions, payload: [UInt8])

    /// Two sessions with repeated commands, one of which expires, and commands of none.
    private static func history() throws -> [Entry] {
        let limits = SessionTableTests.limits(timeout: 100_000_000)
        let ids = [SessionID(index: 1, nonce: 7), SessionID(index: 2, nonce: 8)]
        var entries: [Entry] = ids.map {
            (.session, EntryExtensions(leaderTime: 1), SessionOrder.open(nonce: $0.nonce, limits).encode())
        }
        func add(_ number: Int, _ session: Int?, _ serial: UInt64, _ time: UInt64, lowest: UInt64 = 1) throws {
            let call = session.map {
                SessionCall(session: ids[$0], serial: serial, lowestUnanswered: lowest)
            }
            entries.append(
                (.command, EntryExtensions(call: call, leaderTime: time * 1_000_000), try Ledger.encode(number)))
        }
        try add(1, 0, 1, 5)
        try add(10, 1, 1, 6)
        try add(1, 0, 1, 7)
        try add(100, nil, 0, 8)
        entries.append((.noOp, EntryExtensions(), []))
        try add(1000, 0, 2, 60)
        try add(10, 1, 1, 61)
        try add(1000, 0, 2, 90)
        try add(10_000, 1, 2, 170)
        try add(100_000, 0, 3, 171, lowest: 3)
        return entries
    }

    private static let total = 101_111

    /// A process: applies what its disk does not have, in steps, until it fails or is done.
    private func live(on disk: LedgerDisk) throws -> SessionBench<Ledger> {
        let bench = SessionBench(Ledger(disk))
        for entry in try Self.history() {
            bench.append(entry.kind, entry.extensions, entry.payload)
            bench.apply()
        }
        return bench
    }

    @Test("Without a crash it has the sum, the index and the sessions of a machine in memory (C5, W4)")
    func whole() throws {
        let disk = LedgerDisk()
        let bench = try live(on: disk)
        #expect(disk.total == Self.total && bench.failures.isEmpty)
        #expect(disk.state.applied == LogIndex(UInt64(try Self.history().count)))
        #expect(try disk.state.record == bench.view().sessions.encode())
    }

    @Test(
        "After a crash at any write it goes on where its own index says, and applies nothing twice (C5, W4)",
        arguments: [LedgerDisk.Crash.beforeWrite, .afterWrite])
    func crashes(how: LedgerDisk.Crash) throws {
        let whole = LedgerDisk()
        _ = try live(on: whole)
        for write in 1...whole.writes {
            let disk = LedgerDisk()
            disk.crash(at: write, how)
            #expect(try live(on: disk).failures.count == 1)
            let second = try live(on: disk)
            #expect(second.failures.isEmpty && disk.total == Self.total, "crash at write \(write)")
            #expect(disk.state == whole.state, "crash at write \(write)")
            // Nothing is left to do for a third process.
            #expect(try live(on: disk).look().total == Self.total)
            #expect(disk.total == Self.total)
        }
    }

    /// Runs at once what it is given.
    private struct InlineLane: Lane {
        func schedule(_ job: any Runnable) { job.run() }
        func stop() {}
    }

    @Test("A state that is further on than the log is known to be committed is no snapshot of an earlier one (C5, S1)")
    func snapshotAfterRestart() throws {
        let disk = LedgerDisk()
        _ = try live(on: disk)
        // The next process knows of three entries that they are committed; the machine has all.
        let second = SessionBench(Ledger(disk))
        for entry in try Self.history().prefix(3) { second.append(entry.kind, entry.extensions, entry.payload) }
        second.apply()
        let view = try second.view()
        #expect(view.applied == disk.state.applied && view.applied > 3)
        let reports = Mutex<[SnapshotReport]>([])
        let store = try #require(MemoryStorage().snapshots)
        let builder = SnapshotBuilder(store: store, group: .first, lane: InlineLane(), pulse: RaftPulse()) { report in
            reports.withLock { $0.append(report) }
        }
        for index in [3, view.applied] as [LogIndex] {
            let id = LogID(term: 1, index: index)
            builder.take(
                1,
                Snapshot(
                    last: id, cluster: TestEngine.cluster,
                    configuration: LoggedMembership(id: id, membership: TestEngine.three)), from: view)
        }
        let results = reports.withLock { $0 }.map { report in
            if case .taken(_, .taken) = report { true } else { false }
        }
        #expect(results == [false, true])
    }

    @Test("A machine that keeps its state apart from its index is found out by a crash between the two (C5)")
    func broken() throws {
        let whole = LedgerDisk()
        _ = try live(on: whole)
        let wrong = try (1...whole.writes).filter { write in
            let disk = LedgerDisk()
            disk.crash(at: write, .between)
            _ = try live(on: disk)
            _ = try live(on: disk)
            return disk.total != Self.total
        }
        #expect(!wrong.isEmpty)
    }

    @Test("A machine below the snapshot is restored from it, and the restored state is durable at once (C5, S2)")
    func restored() throws {
        let source = SessionBench(Ledger(LedgerDisk()))
        for entry in try Self.history().prefix(6) { source.append(entry.kind, entry.extensions, entry.payload) }
        source.apply()
        let view = try source.view()

        let disk = LedgerDisk()
        let bench = SessionBench(Ledger(disk))
        try bench.install(view, log: source.log)
        #expect(disk.total == 111 && disk.state.applied == 6)
        #expect(disk.state.record == view.sessions.encode())
        for entry in try Self.history().dropFirst(6) {
            bench.append(entry.kind, entry.extensions, entry.payload)
            bench.apply()
        }
        #expect(disk.total == Self.total)
    }

    @Test("A machine at or above the snapshot is not restored, and says that it has it (C5, S3)")
    func above() throws {
        let source = SessionBench(Ledger(LedgerDisk()))
        for entry in try Self.history().prefix(3) { source.append(entry.kind, entry.extensions, entry.payload) }
        source.apply()
        let view = try source.view()
        let disk = LedgerDisk()
        _ = try live(on: disk)
        let bench = SessionBench(Ledger(disk))
        try bench.install(view, log: source.log)
        #expect(disk.total == Self.total)
        #expect(try bench.look().total == Self.total)
    }
}
