import RaftCore
public import RaftMembership

/// One scenario under way on one cluster: what the scenarios are written with.
public final class ScenarioRun {
    public let cluster: any ScenarioCluster
    let load: ScenarioLoad
    var report = ScenarioReport()
    /// Where a failure happened.
    private(set) var lastStep = "the start"

    init(cluster: any ScenarioCluster, load: ScenarioLoad) {
        self.cluster = cluster
        self.load = load
    }

    public var nodes: [NodeID] { cluster.nodes }

    /// Every member but one.
    public func others(than node: NodeID) -> [NodeID] { nodes.filter { $0 != node } }

    /// Waits for a condition, and notes how long that took.
    public func wait(for what: String, until condition: () async throws -> Bool) async throws {
        let begin = cluster.now
        try await cluster.advance(what, until: condition)
        lastStep = what
        report.steps.append(ScenarioReport.Step(name: what, nanoseconds: cluster.now &- begin))
    }

    /// The node that leads now, or the next one that does.
    public func leader(among candidates: [NodeID]? = nil) async throws -> NodeID {
        let begin = cluster.now
        let leader = try await cluster.leader(among: candidates)
        lastStep = "node \(leader) leads"
        report.steps.append(ScenarioReport.Step(name: lastStep, nanoseconds: cluster.now &- begin))
        return leader
    }

    /// Waits until so many writes were acknowledged that began after this call: the cluster serves.
    public func serves(_ when: String, writes: Int = 20) async throws {
        let begin = cluster.now
        try await wait(for: "serves \(when)") { cluster.history.acknowledgedWrites(since: begin) >= writes }
    }

    /// Waits until a node has applied what `leader` says is committed now.
    public func catchesUp(_ node: NodeID) async throws {
        try await wait(for: "node \(node) catches up") {
            guard let leader = try await mostRecentLeader(), let status = try await cluster.status(node) else {
                return false
            }
            return status.term == leader.term && status.leader != nil && status.appliedIndex >= leader.commitIndex
        }
    }

    /// Starts every member, and the load.
    func begin() async throws {
        for node in nodes { try await cluster.start(node) }
        _ = try await leader()
        try await cluster.startLoad(load)
        try await serves("at the start")
    }

    /// What the leader of the highest term says of itself, if there is one.
    func mostRecentLeader() async throws -> ScenarioStatus? {
        try await cluster.currentLeader()?.status
    }
}
