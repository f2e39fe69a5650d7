import RaftCore
public import RaftMembership

/// A cluster that scenarios run on: simulated, in one process with real modules, or of real processes. Its machine is a
/// key-value map of texts.
///
/// The protocol is made so that time can be simulated: a scenario makes one call after the other, and time passes within
/// these calls only. What goes on beside them, the load, is the cluster's own business. A level whose time is simulated
/// runs its events inside `advance`, `perform`, `contents`, `stopLoad` and what administrators call, and returns at once
/// from everything else, `status` in particular; one in real time asks again and again, up to a deadline (`RealTime`,
/// `RunningLoad`). Nothing here is `Sendable` but the history, and no task is started by a scenario.
public protocol ScenarioCluster: AnyObject {
    /// Every member, sorted: at first those that form the cluster, when the scenario begins or while it runs; then what
    /// changes have made of them, as far as this level knows.
    var nodes: [NodeID] { get }

    /// The nodes that are no members, sorted: those that wait to be added, and those that were removed. One that never
    /// was a member begins empty, and forms no cluster when it starts.
    var spares: [NodeID] { get }

    /// Where peers reach a node.
    func address(of node: NodeID) -> String

    /// Nanoseconds on the clock of this level.
    var now: UInt64 { get }

    /// What clients did and were told: operations of the load and of `perform`, which the level records.
    var history: ScenarioHistory { get }

    /// Whether messages and timers keep their times, as in a simulation: then a scenario also demands that no election
    /// takes place which no fault explains.
    var keepsTime: Bool { get }

    /// Starts a node that does not run, on the data that it had.
    func start(_ node: NodeID) async throws

    /// Ends a node as SIGKILL does, without a goodbye, and returns when it is gone.
    func kill(_ node: NodeID) async throws

    /// Stops a node's execution, as SIGSTOP does: it keeps its connections, and the world goes on.
    func pause(_ node: NodeID) async throws

    /// Lets a paused node go on. Its clock has gone on all the time.
    func resume(_ node: NodeID) async throws

    /// Loses everything that `source` sends to `target` from now on. The other direction stays as it is.
    func cut(from source: NodeID, to target: NodeID) async throws

    /// Restores every link.
    func heal() async throws

    /// Takes away all that a node has kept, which does not run; not what shows elsewhere that it has run (rule M10).
    func empty(_ node: NodeID) async throws

    /// Calls upon whoever leads, once, to change who belongs, all of it as one change.
    /// - Returns: `done` when the configuration asked for is committed.
    func change(_ changes: [MembershipChange]) async throws -> ScenarioOutcome

    /// Calls upon whoever leads, once, to hand leadership over.
    /// - Parameter target: nil for the member that suits best.
    func transferLeadership(to target: NodeID?) async throws -> ScenarioOutcome

    /// Calls upon a node, once, to take a snapshot of what it has applied and to cut its log behind that, with no tail.
    func compact(_ node: NodeID) async throws -> ScenarioOutcome

    /// What a node says of itself; nil when it does not answer, within a moment.
    func status(_ node: NodeID) async throws -> ScenarioStatus?

    /// Does one operation, as the client `process`, and records it in the history.
    /// - Parameter node: ask this very node; nil finds the leader and follows it.
    func perform(_ operation: ScenarioOperation, at node: NodeID?, as process: Int) async throws -> ScenarioOutcome

    /// Everything that the machine holds: read linearizably, or of one node, what it has applied so far. Not recorded.
    func contents(of node: NodeID?) async throws -> [String: String]

    /// Has clients work from now on, one operation after the other each, until `stopLoad`. At most one load at a time.
    func startLoad(_ load: ScenarioLoad) async throws

    /// Ends the load and returns when every operation of it has ended, its outcome recorded.
    func stopLoad() async throws

    /// Lets time pass until `condition` holds. It is asked again and again, as often as suits the level.
    /// - Throws: `ScenarioFailure` of kind `overdue`, naming `what`, after the level's time for one step, or what
    ///   `condition` throws.
    func advance(_ what: String, until condition: () async throws -> Bool) async throws

    /// Who has won which election, as far as this level can know, nodes that are gone included.
    func leadersByTerm() async throws -> [Term: Set<NodeID>]
}

extension ScenarioCluster {
    public var keepsTime: Bool { false }

    /// The node that says now that it leads, whether it is still a member or not, and what else it says; the one with the
    /// highest term if several do.
    public func currentLeader(
        among candidates: [NodeID]? = nil
    ) async throws -> (id: NodeID, status: ScenarioStatus)? {
        var found: (id: NodeID, status: ScenarioStatus)?
        for id in candidates ?? nodes + spares {
            guard let status = try await status(id), status.role == .leader else { continue }
            if found.map({ $0.status.term < status.term }) ?? true { found = (id, status) }
        }
        return found
    }

    /// The member that leads, once one of `candidates` says so; the one with the highest term if several do.
    public func leader(among candidates: [NodeID]? = nil) async throws -> NodeID {
        let candidates = candidates ?? nodes
        var found: (id: NodeID, status: ScenarioStatus)?
        let names = candidates.map(\.description).joined(separator: ", ")
        try await advance("a leader among \(names)") {
            found = try await currentLeader(among: candidates)
            return found != nil
        }
        guard let found else { throw ScenarioFailure(.overdue, "no leader among \(names)") }
        return found.id
    }
}
