import RaftMembership
import Synchronization
import Testing

@testable import RaftCore

/// Adds numbers, refuses 99, and gives snapshots.
struct Adder: StateMachine, Codable {
    private(set) var total = 0
    private(set) var applied = 0
    var isInline: Bool { true }

    mutating func apply(_ command: Int) throws -> Int {
        applied += 1
        if command == 99 { throw CommandRefused("not 99") }
        total += command
        return total
    }
}

/// An applier that is run by hand, and the log before it.
final class SessionBench<Machine: StateMachine> {
    let applier: MachineApplier<Machine>
    let gauge = SessionGauge()
    private let lost = DriverBench.Outcomes<String>()
    private(set) var log: [EntryBatch] = []
    private var applied = 0

    init(_ machine: Machine, configuration: RaftConfiguration = RaftConfiguration()) {
        let lost = lost
        applier = MachineApplier(
            machine: machine, applied: 0, lane: ManualLane(), isInline: true, storage: CountingStorage(),
            group: .first, configuration: configuration, gauge: gauge,
            report: { if case .failed(_, let error) = $0 { lost.append(.success("\(error)")) } })
    }

    var failures: [String] { lost.values }

    /// Opens a session by an entry of this time.
    func open(at time: UInt64 = 1, _ limits: SessionLimits = SessionLimits()) -> SessionID {
        append(.session, EntryExtensions(leaderTime: time), SessionOrder.open(nonce: 7, limits).encode())
        return SessionID(index: LogIndex(UInt64(log.count)), nonce: 7)
    }

    func append(_ kind: EntryKind, _ extensions: EntryExtensions, _ payload: [UInt8]) {
        var builder = EntryBatchBuilder(firstIndex: LogIndex(UInt64(log.count) + 1))
        builder.append(kind, term: 1, extensions: extensions.encode(), payload: payload)
        log.append(builder.finish())
    }

    /// Appends an attempt at a command and applies it.
    func propose(
        _ command: Machine.Command, _ call: SessionCall?, at time: UInt64 = 1
    ) throws -> Result<(output: Machine.Output, index: LogIndex), RaftError>? {
        append(.command, EntryExtensions(call: call, leaderTime: time), try Machine.encode(command))
        let outcomes = DriverBench.Outcomes<(output: Machine.Output, index: LogIndex)>()
        let waiter = Waiter(
            id: LogID(term: 1, index: LogIndex(UInt64(log.count))),
            proposal: IndexedProposal<Machine.Output>(payload: []) { outcomes.append($0) })
        apply([waiter])
        return outcomes.results.first
    }

    /// Applies what was appended.
    func apply(_ waiters: [Waiter] = []) {
        let batches = Array(log[applied...])
        applied = log.count
        applier.submit(
            .apply(through: LogIndex(UInt64(log.count)), entries: batches, waiters: waiters[...]))
        applier.run()
    }

    func look() throws -> Machine {
        let machines = DriverBench.Outcomes<Machine>()
        applier.submit(.read(TypedRead<Machine> { machines.append($0) }, .round))
        applier.run()
        return try #require(machines.values.first)
    }

    func view() throws -> StateView {
        let views = Mutex<StateView?>(nil)
        applier.submit(.view { result in views.withLock { $0 = (try? result.get()) ?? nil } })
        applier.run()
        return try #require(views.withLock { $0 })
    }

    /// Takes on the state of another, as from a snapshot that covers `log`.
    func install(_ view: StateView, log: [EntryBatch]) throws {
        let body = Mutex<[UInt8]>([])
        let sink = SnapshotSink { piece in body.withLock { $0 += Array(piece) } }
        try view.machine.write(to: sink)
        try sink.flush()
        let bytes = body.withLock { $0 }
        let last = LogIndex(UInt64(log.count))
        let snapshot = Snapshot(
            last: LogID(term: 1, index: last), cluster: TestEngine.cluster,
            configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: TestEngine.membership([1])),
            size: UInt64(bytes.count))
        let taken = Mutex<Restoration?>(nil)
        applier.submit(.restore(snapshot) { restoration in taken.withLock { $0 = restoration } })
        applier.run()
        guard let restoration = taken.withLock({ $0 }) else { return }
        var rest = bytes
        try restoration.restore(
            view.sessions.encode(),
            from: SnapshotSource(count: UInt64(bytes.count)) { count in
                defer { rest.removeFirst(count) }
                return Array(rest.prefix(count))
            })
        applier.submit(.restored(restoration) { $0.release() })
        applier.run()
        self.log = log
        applied = log.count
    }
}

@Suite("The applier executes a command of a session once (W4)")
struct SessionApplierTests {
    private func call(_ serial: UInt64, _ session: SessionID, lowest: UInt64 = 1) -> SessionCall {
        SessionCall(session: session, serial: serial, lowestUnanswered: lowest)
    }

    @Test("Outputs and refusals of the first attempt are those of all, with the first one's index (W4)")
    func repeated() throws {
        let bench = SessionBench(Adder())
        let session = bench.open()
        #expect(bench.gauge.count == 0)
        let first = try #require(try bench.propose(5, call(1, session))?.get())
        #expect(first.output == 5 && first.index == 2)
        #expect(bench.gauge.count == 1)
        _ = try bench.propose(1, nil)
        let again = try #require(try bench.propose(5, call(1, session))?.get())
        #expect(again.output == 5 && again.index == 2)
        for _ in 0..<2 {
            guard case .failure(let error) = try bench.propose(99, call(2, session)) else {
                Issue.record("99 is refused")
                return
            }
            #expect(error.code == .refused && error.message == "not 99" && error.outcome == .committed)
        }
        #expect(try bench.look().total == 6)
        #expect(try bench.look().applied == 3)
    }

    @Test("A command of an expired session, of a closed and of an unknown one is an error and not executed (W4)")
    func expired() throws {
        let bench = SessionBench(Adder())
        let session = bench.open(SessionTableTests.limits(timeout: 1_000_000))
        let closed = bench.open(SessionTableTests.limits(timeout: 1_000_000))
        bench.append(.session, EntryExtensions(leaderTime: 1), SessionOrder.close(closed).encode())
        #expect(try bench.propose(5, call(1, session))?.get().output == 5)
        for call in [call(1, session), call(1, closed), call(1, SessionID(index: 90, nonce: 1))] {
            guard case .failure(let error) = try bench.propose(5, call, at: 2_000_000) else {
                Issue.record("a session that is not open executes nothing")
                return
            }
            #expect(error.code == .sessionExpired && error.outcome == .rejected)
        }
        #expect(try bench.look().total == 5)
        #expect(bench.gauge.count == 0)
    }

    @Test("Sessions survive a snapshot, and are restored with the machine (W4, S2)")
    func snapshot() throws {
        let bench = SessionBench(Adder())
        let session = bench.open()
        _ = try bench.propose(5, call(1, session))
        let view = try bench.view()
        _ = try bench.propose(7, call(2, session))

        let other = SessionBench(Adder())
        try other.install(view, log: Array(bench.log.prefix(2)))
        #expect(other.gauge.count == 1)
        #expect(try other.propose(5, call(1, session))?.get().output == 5)
        #expect(try other.propose(7, call(2, session))?.get().output == 12)
        #expect(try other.look().applied == 2)
    }

    @Test("Replaying the log gives the same sessions, byte for byte (W4)")
    func replay() throws {
        let bench = SessionBench(Adder())
        let session = bench.open()
        for serial: UInt64 in [1, 2, 2, 3, 1] { _ = try bench.propose(Int(serial), call(serial, session, lowest: 1)) }
        let other = SessionBench(Adder())
        for entry in bench.log {
            other.append(
                entry.kind(at: 0), try #require(entry.extensions(at: 0)), entry.withPayload(at: 0) { Array($0) })
        }
        other.apply()
        #expect(try other.view().sessions.encode() == bench.view().sessions.encode())
        #expect(try other.look().total == bench.look().total)
    }

    @Test("An output without a codec cannot be given again, and the command is applied once all the same (W4)")
    func withoutCodec() throws {
        struct Opaque: Sendable { var value: Int }
        struct Machine: StateMachine {
            var count = 0
            mutating func apply(_ command: Int) -> Opaque {
                count += 1
                return Opaque(value: command)
            }
        }
        let bench = SessionBench(Machine())
        let session = bench.open()
        #expect(try bench.propose(5, call(1, session))?.get().output.value == 5)
        guard case .failure(let error) = try bench.propose(5, call(1, session)) else {
            Issue.record("it is not kept")
            return
        }
        #expect(error.outcome == .committed)
        #expect(try bench.look().count == 1)
    }
}
