import RaftMembership
import Synchronization

/// What the driver asks of the machine, in order.
enum ApplyOrder: Sendable {
    /// Apply entries up to `through`: first those of `entries`, or what storage has when they are not in memory.
    case apply(through: LogIndex, entries: [EntryBatch], waiters: ArraySlice<Waiter>)
    /// Runs on the machine's state as of now; what it rests on is looked at again then.
    case read(MachineRead, ReadProof)
    /// Hands out a view of the state as of now; nil when the machine gives none.
    case view(@Sendable (Result<StateView?, any Error>) -> Void)
    /// Has a copy of the machine restored elsewhere. Whatever comes after it waits.
    case restore(Snapshot, @Sendable (Restoration) -> Void)
    /// The copy takes the machine's place; what was there before is handed on, to be let go.
    case restored(Restoration, @Sendable (Restoration) -> Void)
    /// A sign of life is asked for.
    case beat
    /// Nothing comes after this.
    case finish(@Sendable () -> Void)
}

/// The part of the applier that does not know the machine's type.
protocol Applier: Runnable {
    /// Whether it runs on the driver's own lane.
    var isInline: Bool { get }
    /// Orders that wait: what the driver bounds.
    var queuedCount: Int { get }
    /// Queues an order. On the driver's lane, `runInline` must follow; else the applier's lane is woken.
    func submit(_ order: ApplyOrder)
}

enum ApplyReport: Sendable {
    case applied(through: LogIndex)
    /// This entry is gone from the log: a snapshot must be on its way that covers it.
    case missing(LogIndex)
    /// The lease ended while this read was executed: it needs a quorum's word (rule R4).
    case unproven(MachineRead)
    case failed(at: LogIndex, any Error)
    case sessionOpened(SessionID)
    /// So many client sessions have expired, by this entry.
    case sessionsExpired(Int, at: LogIndex)
}

/// The whole state at one moment: the machine's, and the framework's own beside it.
package struct StateView: Sendable {
    package let machine: any SnapshotView
    package let sessions: SessionTable
    /// The last entry that it has in it.
    let applied: LogIndex
}

/// The one place that touches the machine: applies committed entries exactly once, in order (rule C4), and lets reads
/// see the state between two entries.
final class MachineApplier<Machine: StateMachine>: Applier {
    private struct Queue {
        var orders: [ApplyOrder] = []
        var isScheduled = false
        /// Orders that wait for a state to be restored.
        var heldCount = 0
    }

    /// Touched by `run` only, which never runs twice at once.
    struct State {
        var machine: Machine
        var applied: LogIndex
        /// Client sessions: changed by entries only, as the machine is (rule W4).
        var sessions = SessionTable()
        /// The record of the sessions as they are; nil when they have changed since it was made.
        var record: [UInt8]?
        /// The machine owns its applied index (rule C5); nil until it was asked.
        var isDurable: Bool?
        /// Of a witness: entries come without their bodies, and the machine gets none of them (rule X2).
        var isWitness = false
        var hasFailed = false
        var isRestoring = false
        /// An entry was not there any more: what is ordered waits for the state that has it.
        var isAwaitingState = false
        /// Came after the order to restore.
        var held: [ApplyOrder] = []
        /// The class of proposals that was last seen to be of this machine.
        var proposalClass: ObjectIdentifier?
    }

    let isInline: Bool
    private let lane: any Lane
    private let storage: any LogStorage
    private let group: GroupID
    let configuration: RaftConfiguration
    private let gate: ReadGate?
    let gauge: SessionGauge
    let pulse: RaftPulse
    let tally: ProposalTally
    /// This node's own clock: nothing that is applied may depend on it, but under a switch.
    let clock: @Sendable () -> UInt64
    let report: @Sendable (ApplyReport) -> Void
    private let queue = Mutex(Queue())
    private let state: Mutex<State>

    init(
        machine: Machine, applied: LogIndex, lane: any Lane, isInline: Bool, storage: any LogStorage, group: GroupID,
        configuration: RaftConfiguration = RaftConfiguration(), gate: ReadGate? = nil,
        gauge: SessionGauge = SessionGauge(), pulse: RaftPulse = RaftPulse(), tally: ProposalTally = ProposalTally(),
        clock: @escaping @Sendable () -> UInt64 = { 0 },
        report: @escaping @Sendable (ApplyReport) -> Void
    ) {
        state = Mutex(State(machine: machine, applied: applied))
        self.lane = lane
        self.isInline = isInline
        self.storage = storage
        self.group = group
        self.configuration = configuration
        self.gate = gate
        self.gauge = gauge
        self.pulse = pulse
        self.tally = tally
        self.clock = clock
        self.report = report
    }

    var queuedCount: Int { queue.withLock { $0.orders.count + $0.heldCount } }

    /// Bounded by the driver: it takes no proposals and no reads while too much waits here, and hands over no entries in
    /// memory to a machine that is far behind.
    func submit(_ order: ApplyOrder) {
        let mustSchedule = queue.withLock { queue in
            queue.orders.append(order)
            if isInline { return false }
            defer { queue.isScheduled = true }
            return !queue.isScheduled
        }
        if mustSchedule { lane.schedule(self) }
    }

    func run() {
        while true {
            let orders = queue.withLock { queue in
                let orders = queue.orders
                queue.orders = []
                if orders.isEmpty { queue.isScheduled = false }
                return orders
            }
            if orders.isEmpty { return }
            state.withLock { state in
                if state.isDurable == nil { recoverDurableState(&state) }
                for order in orders { take(order, &state) }
                let held = state.held.count
                queue.withLock { $0.heldCount = held }
            }
        }
    }

    private func take(_ order: ApplyOrder, _ state: inout State) {
        // Whatever waits for a state to be restored, the applier does not.
        if case .beat = order { return pulse.stepped() }
        guard state.isRestoring || state.isAwaitingState else {
            carryOut(order, &state)
            return
        }
        switch order {
        case .restore where state.isAwaitingState:
            // What these entries did is in the state; what came of them nobody can tell (rule W2).
            for held in state.held { if case .apply = held { drop(held) } }
            state.held.removeAll { if case .apply = $0 { true } else { false } }
            state.isAwaitingState = false
            carryOut(order, &state)
            // Of a state that is restored elsewhere it is told when it has come; a witness has none (rule W1).
            if !state.isRestoring { takeHeld(&state) }
        case .restored(let restoration, let release):
            install(restoration, &state)
            release(restoration)
            takeHeld(&state)
        case .finish(let completion):
            // Nobody waits for the rest of the state.
            for order in state.held { drop(order) }
            state.held = []
            completion()
        case .apply(let through, _, let waiters):
            // Joined with the one before, and without entries in memory: they will be read when it comes to them.
            if case .apply(_, _, let earlier)? = state.held.last {
                state.held[state.held.count - 1] = .apply(through: through, entries: [], waiters: earlier + waiters)
            } else {
                state.held.append(.apply(through: through, entries: [], waiters: waiters))
            }
        default: state.held.append(order)
        }
    }

    private func takeHeld(_ state: inout State) {
        let held = state.held
        state.held = []
        for order in held { take(order, &state) }
    }

    private func install(_ restoration: Restoration, _ state: inout State) {
        guard let restoration = restoration as? MachineRestoration<Machine> else { return }
        state.isRestoring = false
        restoration.exchange(with: &state.machine)
        state.sessions = configuration.breaks(.loseSessions) ? SessionTable() : restoration.sessions
        state.record = nil
        state.applied = restoration.snapshot.last.index
        gauge.show(state.sessions)
        guard makeDurable(&state) else { return }
        report(.applied(through: state.applied))
    }

    private func drop(_ order: ApplyOrder) {
        switch order {
        case .apply(_, _, let waiters): for waiter in waiters { tally.fail(waiter.proposal, Self.ended) }
        case .read(let read, _): read.fail(Self.stopped)
        case .view, .restore, .restored, .beat, .finish: break
        }
    }

    private func carryOut(_ order: ApplyOrder, _ state: inout State) {
        switch order {
        case .apply(let through, let entries, let waiters):
            guard !state.hasFailed else {
                for waiter in waiters { tally.fail(waiter.proposal, Self.stopped) }
                return
            }
            apply(through: through, entries, waiters, &state)
        case .read(let read, let proof):
            guard !state.hasFailed, let typed = read as? TypedRead<Machine> else {
                read.fail(Self.stopped)
                return
            }
            // Seen first, and then the clock is looked at again (rule R4).
            let seen = state.machine
            switch gate?.verdict(on: proof) ?? .holds {
            case .holds: typed.end(with: seen, proof)
            case .needsQuorum: report(.unproven(read))
            case .tooStale(let age): read.fail(.tooStale(age: age))
            }
        case .view(let completion):
            completion(
                state.hasFailed
                    ? .failure(Self.stopped)
                    : Result {
                        try state.machine.snapshot().map {
                            StateView(
                                machine: $0, sessions: state.sessions, applied: state.applied)
                        }
                    })
        case .restore(let snapshot, let begin):
            guard !state.hasFailed else { return }
            guard snapshot.last.index > state.applied else {
                // A machine that owns its applied index has this state, or a later one (rules C5, S2).
                if state.isDurable == true { report(.applied(through: snapshot.last.index)) }
                return
            }
            guard !snapshot.isWithoutBody else {
                state.isWitness = true
                state.applied = snapshot.last.index
                report(.applied(through: state.applied))
                return
            }
            state.isRestoring = true
            begin(MachineRestoration(snapshot, state.machine))
        case .restored(let restoration, let release): release(restoration)
        case .beat: break
        case .finish(let completion):
            completion()
        }
    }

    private static var ended: RaftError {
        RaftError(.unknown, "the node ended before the machine came to the command")
    }

    static var stopped: RaftError { RaftError(.failed, "the state machine of this node has failed") }

    private func apply(
        through index: LogIndex, _ entries: [EntryBatch], _ waiters: ArraySlice<Waiter>, _ state: inout State
    ) {
        var waiters = waiters
        var cached = entries[...]
        dropPassed(&waiters, state)
        do {
            while state.applied < index {
                let batch: EntryBatch
                if let next = cached.first {
                    batch = next
                    cached.removeFirst()
                } else {
                    batch = try storage.entries(
                        of: group, in: state.applied.next..<index.next, maxBytes: 1 << 20)
                }
                try apply(pending(of: batch, state), &waiters, &state)
                guard makeDurable(&state) else { break }
            }
            if state.hasFailed {
                for waiter in waiters { tally.fail(waiter.proposal, Self.stopped) }
                return
            }
            report(.applied(through: index))
        } catch let error as StorageError where error.code == .missing {
            state.isAwaitingState = true
            state.held = [.apply(through: index, entries: [], waiters: waiters)]
            report(.missing(state.applied.next))
        } catch {
            state.hasFailed = true
            for waiter in waiters { tally.fail(waiter.proposal, Self.stopped) }
            report(.failed(at: state.applied.next, error))
        }
    }
}
