import RaftCore
import RaftMembership
import RaftMemory
import Synchronization

/// Runs jobs when the test says so.
final class ManualLane: TimedLane {
    private struct State {
        var jobs: [any Runnable] = []
        /// By job: a later call for the same job replaces an earlier one.
        var alarms: [(job: any Runnable, at: Instant)] = []
    }
    private let state = Mutex(State())

    func schedule(_ job: any Runnable) { state.withLock { $0.jobs.append(job) } }
    func schedule(_ job: any Runnable, at instant: Instant) {
        state.withLock { state in
            state.alarms.removeAll { $0.job === job }
            if instant != .distantFuture { state.alarms.append((job, instant)) }
        }
    }

    var isIdle: Bool { state.withLock { $0.jobs.isEmpty } }
    /// The next one.
    var alarm: Instant? { state.withLock { $0.alarms.map(\.at).min() } }

    /// Runs what is queued, and what that queues.
    func run() {
        while let job = state.withLock({ $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }) { job.run() }
    }

    func ring() {
        let job = state.withLock { state in
            guard let next = state.alarms.indices.min(by: { state.alarms[$0].at < state.alarms[$1].at }) else {
                return (any Runnable)?.none
            }
            return state.alarms.remove(at: next).job
        }
        job?.run()
    }
}

/// Time and lanes by hand.
final class ManualEnvironment: Environment {
    let driver = ManualLane()
    let storage = ManualLane()
    let machine = ManualLane()
    private let clock = Mutex(Instant(nanoseconds: 1_000_000_000))

    func now() -> Instant { clock.withLock { $0 } }
    func set(_ instant: Instant) { clock.withLock { $0 = instant } }
    func wallClock() -> UInt64 { 1 }
    func random() -> UInt64 { 7 }
    var driverLane: any TimedLane { driver }
    func makeLane(for purpose: LanePurpose) -> any Lane { purpose == .storage ? storage : machine }
}

/// Memory that counts its commits and fails on demand.
final class CountingStorage: LogStorage {
    struct State {
        /// How many batches each commit brought.
        var commits: [Int] = []
        var failure: StorageError?
        var isFull = false
        var isClosed = false
    }
    private let memory = MemoryStorage()
    private let state = Mutex(State())
    let commitsInstantly: Bool

    init(commitsInstantly: Bool = false) { self.commitsInstantly = commitsInstantly }

    var isClosed: Bool { state.withLock { $0.isClosed } }
    var commits: [Int] { state.withLock { $0.commits } }
    var isFull: Bool {
        get { state.withLock { $0.isFull } }
        set { state.withLock { $0.isFull = newValue } }
    }
    func hasRoom(forEntries bytes: Int) throws -> Bool { !isFull }
    func fail(_ error: StorageError?) { state.withLock { $0.failure = error } }
    func recover(_ group: GroupID) throws -> RecoveredGroup { try memory.recover(group) }
    func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        try memory.entries(of: group, in: range, maxBytes: maxBytes)
    }
    func commit(_ batches: [StorageBatch]) throws {
        try state.withLock { state in
            state.commits.append(batches.count)
            if let failure = state.failure { throw failure }
            if state.isFull, batches.contains(where: { !$0.entries.isEmpty }) { throw StorageError(.full, "no space") }
        }
        try memory.commit(batches)
    }
    func close() { state.withLock { $0.isClosed = true } }
}

/// Keeps what is sent.
final class RecordingTransport: Transport {
    private let envelopes = Mutex<[Envelope]>([])

    func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws {}
    func updateIdentity(_ identity: NodeIdentity) {}
    func updatePeers(_ peers: [Peer]) {}
    func send(_ envelope: Envelope) { envelopes.withLock { $0.append(envelope) } }
    func flush() {}
    func shutdown() async {}
    /// What was sent since this was asked last.
    func take() -> [Message] {
        envelopes.withLock { envelopes in
            defer { envelopes = [] }
            return envelopes.map(\.message)
        }
    }
}

/// Remembers its commands; 255 is no sensible one, and 254 breaks it.
struct ListMachine: StateMachine {
    struct Broken: Error {}
    var commands: [UInt8] = []
    var skipped: [LogIndex] = []
    let isInline: Bool

    mutating func apply(_ command: UInt8) throws -> Int {
        if command == 255 { throw CommandRefused("255 is not allowed") }
        if command == 254 { throw Broken() }
        commands.append(command)
        return commands.count
    }
    mutating func skip(to index: LogIndex) { skipped.append(index) }
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> UInt8 {
        guard let first = bytes.first else { throw Broken() }
        return first
    }
}
