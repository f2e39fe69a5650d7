import Foundation
import RaftClient
import RaftCore
import RaftMembership
import RaftTesting

/// The level of real processes: `raftd` with LMDB over Unix sockets, killed and stopped by signals, asked through the
/// client library, its links run through a relay.
final class ProcessScenarioCluster: ScenarioCluster {
    let history = ScenarioHistory()
    let processes: ProcessCluster
    private let relay: PeerRelay
    let time: RealTime
    private var known: KnownMembers
    private let readerConsistency: ReadConsistency
    private var load: RunningLoad?
    private var clients: [Int: ScenarioClient] = [:]
    /// Each node is asked over a connection that stays.
    private var askers: [NodeID: RaftClient] = [:]
    /// The same with more patience.
    private var readers: [NodeID: RaftClient] = [:]

    /// - Parameter readerConsistency: how fresh the answers are that readers of one node ask for.
    init(
        spares: Int = 0, patience: Duration = .seconds(20), readerConsistency: ReadConsistency = .linearizable
    ) throws {
        time = RealTime(patience: patience)
        self.readerConsistency = readerConsistency
        let processes = try ProcessCluster(spares: spares, isRelayed: true)
        self.processes = processes
        func nodes(_ ids: [Int]) -> [NodeID] { ids.map { NodeID(UInt64($0)) } }
        known = KnownMembers(members: nodes(processes.ids), spares: nodes(processes.spares))
        relay = try PeerRelay(
            (processes.ids + processes.spares).map { id in
                (id, processes.path("\(id).relay.sock").path, processes.path("\(id).sock").path)
            })
        // So small that a snapshot takes several.
        for id in everybody { processes.environment[id] = ["RAFTD_RAFT_SNAPSHOT_CHUNK_BYTES": "4KiB"] }
    }

    /// Ends everything. A failed scenario leaves its directory behind.
    func shutdown(keepFiles: Bool) async {
        try? await stopLoad()
        for client in clients.values { await client.client.close() }
        for client in Array(askers.values) + Array(readers.values) { await client.close() }
        processes.tearDown(keepFiles: keepFiles)
        for id in everybody { await processes.nodes[id]?.waitForExit() }
        relay.stop()
    }

    var nodes: [NodeID] { known.members }

    var spares: [NodeID] { known.spares }

    private var everybody: [Int] { processes.ids + processes.spares }

    func address(of node: NodeID) -> String { processes.memberAddress(number(node)) }

    var now: UInt64 { time.now }

    func number(_ node: NodeID) -> Int { Int(node.rawValue) }

    private func process(_ node: NodeID) throws -> NodeProcess {
        guard let process = processes.nodes[number(node)] else {
            throw ScenarioFailure(.level, "node \(node) was never started")
        }
        return process
    }

    // MARK: Nodes

    func start(_ node: NodeID) async throws {
        try processes.start(number(node))
        relay.know(try process(node).process.processIdentifier, as: number(node))
    }

    func kill(_ node: NodeID) async throws {
        let process = try process(node)
        await processes.kill(number(node))
        relay.forget(process.process.processIdentifier)
    }

    func pause(_ node: NodeID) async throws { try process(node).signal(SIGSTOP) }

    func resume(_ node: NodeID) async throws { try process(node).signal(SIGCONT) }

    func cut(from source: NodeID, to target: NodeID) async throws {
        relay.cut(from: number(source), to: number(target))
    }

    func heal() async throws { relay.heal() }

    var lostBytes: Int { relay.lostBytes }

    // MARK: What they say

    func status(_ node: NodeID) async throws -> ScenarioStatus? {
        guard processes.nodes[number(node)]?.isRunning == true, let status = try? await asker(node).status(),
            let role = RaftRole(rawValue: status.role)
        else { return nil }
        var found = ScenarioStatus(
            role: role, term: status.term, leader: status.leader?.id, commitIndex: status.commitIndex,
            appliedIndex: status.appliedIndex, lastIndex: status.lastIndex, purgedIndex: status.purgedIndex)
        if status.isMembershipCommitted, let id = status.membershipID {
            found.membership = LoggedMembership(id: id, membership: status.membership)
        }
        known.heard(found)
        for peer in status.peers { found.matchIndexes[peer.id] = peer.matchIndex }
        return found
    }

    private func asker(_ node: NodeID) throws -> RaftClient {
        if let known = askers[node] { return known }
        let made = try processes.client([number(node)], followsLeader: false, timeout: .milliseconds(200))
        askers[node] = made
        return made
    }

    private func reader(_ node: NodeID) throws -> RaftClient {
        if let known = readers[node] { return known }
        let made = try processes.client([number(node)], followsLeader: false, timeout: .seconds(2))
        readers[node] = made
        return made
    }

    func contents(of node: NodeID?) async throws -> [String: String] {
        if let node { return try await reader(node).list("", consistency: .stale) }
        return try await client(-2, at: nil).client.list("")
    }

    /// From the records that every node, whether it lives or not, wrote of the elections it won.
    func leadersByTerm() async throws -> [Term: Set<NodeID>] {
        var leaders: [Term: Set<NodeID>] = [:]
        for id in everybody {
            for line in processes.log(of: id).split(separator: "\n") where line.contains("raft.leader.elected") {
                guard let record = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any],
                    let term = record["raft.term"] as? Int
                else { throw ScenarioFailure(.level, "a record cannot be read: \(line)") }
                leaders[Term(UInt64(term)), default: []].insert(NodeID(UInt64(id)))
            }
        }
        return leaders
    }

    // MARK: Clients

    func perform(_ operation: ScenarioOperation, at node: NodeID?, as process: Int) async throws -> ScenarioOutcome {
        try await client(process, at: node).perform(operation)
    }

    private func client(_ process: Int, at node: NodeID?) throws -> ScenarioClient {
        if let known = clients[process], known.node == node { return known }
        var options = RaftClientOptions()
        options.followsLeader = node == nil
        // A reader of one node asks anew all the time, so that a node which wakes finds a fresh question.
        options.timeout = node == nil ? .seconds(2) : .milliseconds(200)
        options.retries = node == nil
        options.maximumPause = .milliseconds(100)
        let endpoints = node.map { [number($0)] } ?? everybody
        let made = ScenarioClient(
            process: process, node: node,
            client: RaftClient(
                endpoints: try endpoints.map { try RaftAddress(processes.clientAddress($0)) }, options: options),
            history: history, time: time, consistency: node == nil ? .linearizable : readerConsistency)
        clients[process] = made
        return made
    }

    func startLoad(_ load: ScenarioLoad) async throws {
        guard self.load == nil else { throw ScenarioFailure(.level, "there is a load already") }
        self.load = RunningLoad(
            load,
            try load.makeClients(of: nodes + spares).map { plan in
                let client = try client(plan.process, at: plan.node)
                return (plan, { await client.perform($0) })
            })
    }

    func stopLoad() async throws {
        let load = load
        self.load = nil
        await load?.stop()
    }

    func advance(_ what: String, until condition: () async throws -> Bool) async throws {
        try await time.advance(what, until: condition)
    }
}
