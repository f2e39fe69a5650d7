import RaftMembership
import RaftTracing
import Synchronization

/// What reaches the driver from outside its lane.
enum Mail: Sendable {
    case envelopes([Envelope])
    case storage(StorageReport)
    case machine(ApplyReport)
    case snapshot(SnapshotReport)
    case snapshotCall(
        compacts: Bool, @Sendable (Result<(snapshot: Snapshot, purged: LogIndex), RaftError>) -> Void)
    case connected(Member, clientAddresses: [String])
    case disconnected(NodeID)
    case futureMessage(NodeID, String)
    case refusedAsAmnesiac(NodeID, String)
    case alarm
    case started
    case bootstrap(UInt64, [FormationMember], @Sendable (Result<ClusterID, RaftError>) -> Void)
    case cancelBootstrap(UInt64)
    case change(ChangeRequest, TraceContext?, @Sendable (Result<LoggedMembership, RaftError>) -> Void)
    case transfer(to: NodeID?, givesUp: Bool, @Sendable (Result<NodeID, RaftError>) -> Void)
    case status(@Sendable (RaftMetrics) -> Void)
    case statistics(@Sendable (RaftStatistics) -> Void)
    case subscribe(AsyncStream<RaftMetrics>.Continuation, UInt64)
    case watch(Watcher, UInt64)
    case unsubscribe(UInt64)
    case beat
    case stop(@Sendable () -> Void)
}

/// The driver's inbox: a lock and three arrays. Posting wakes the driver only when it was idle, and the driver takes
/// everything at once.
final class Mailbox: Sendable {
    struct Contents: Sendable {
        var mail: [Mail] = []
        var proposals: [Proposal] = []
        var reads: [MachineRead] = []

        var isEmpty: Bool { mail.isEmpty && proposals.isEmpty && reads.isEmpty }
    }

    private struct State {
        var contents = Contents()
        var envelopes = 0
        var isScheduled = false
        var isClosed = false
        var pace = Pace()
    }

    private let state = Mutex(State())
    private let maximumCalls: Int
    private let maximumEnvelopes: Int

    init(maximumCalls: Int, maximumEnvelopes: Int) {
        self.maximumCalls = maximumCalls
        self.maximumEnvelopes = maximumEnvelopes
    }

    /// What waits: calls, reads and mail, a batch of messages counted as one.
    var count: Int {
        state.withLock { $0.contents.mail.count + $0.contents.proposals.count + $0.contents.reads.count }
    }

    enum Posting {
        /// The driver is idle: schedule it.
        case wake
        /// The same, but not before others had a chance to post too.
        case wakeBehindOthers
        case queued
        /// The queue is full.
        case full
        /// The node has stopped.
        case closed
    }

    func post(_ mail: Mail) -> Posting {
        state.withLock { state in
            if state.isClosed { return .closed }
            state.contents.mail.append(mail)
            return Self.wake(&state)
        }
    }

    func post(envelopes: [Envelope]) -> Posting {
        state.withLock { state in
            if state.isClosed { return .closed }
            // Peers' messages may be lost at any time, here too (rule N2).
            if state.envelopes + envelopes.count > maximumEnvelopes { return .full }
            state.envelopes += envelopes.count
            state.contents.mail.append(.envelopes(envelopes))
            return Self.wake(&state)
        }
    }

    func post(proposal: Proposal) -> Posting {
        state.withLock { state in
            if state.isClosed { return .closed }
            if state.contents.proposals.count >= maximumCalls { return .full }
            state.contents.proposals.append(proposal)
            if state.isScheduled { return .queued }
            state.isScheduled = true
            return state.pace.gathers() ? .wakeBehindOthers : .wake
        }
    }

    /// All of them, or as many of the first as there is room for.
    func post(proposals: [Proposal]) -> (posting: Posting, taken: Int) {
        state.withLock { state in
            if state.isClosed { return (.closed, 0) }
            let room = max(0, maximumCalls - state.contents.proposals.count)
            guard room > 0 else { return (.full, 0) }
            state.contents.proposals.append(contentsOf: proposals.prefix(room))
            return (Self.wake(&state), min(room, proposals.count))
        }
    }

    func post(read: MachineRead) -> Posting {
        state.withLock { state in
            if state.isClosed { return .closed }
            if state.contents.reads.count >= maximumCalls { return .full }
            state.contents.reads.append(read)
            return Self.wake(&state)
        }
    }

    /// Swaps everything queued into `contents`, which must be empty; false, and idle again, when there is nothing.
    func drain(into contents: inout Contents) -> Bool {
        state.withLock { state in
            if state.contents.isEmpty {
                state.isScheduled = false
                return false
            }
            state.pace.drained(state.contents.proposals.count)
            swap(&state.contents, &contents)
            state.envelopes = 0
            return true
        }
    }

    /// Takes no more mail; returns what was left.
    func close() -> Contents {
        state.withLock { state in
            state.isClosed = true
            defer { state.contents = Contents() }
            return state.contents
        }
    }

    private static func wake(_ state: inout State) -> Posting {
        if state.isScheduled { return .queued }
        state.isScheduled = true
        return .wake
    }
}
