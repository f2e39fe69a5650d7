import RaftCore
import RaftMembership

extension ModelChecker {
    /// Writes the root's disks, has every server recover from them, and plays what the root says happened before.
    static func makeRoot(
        _ options: ModelOptions, _ tables: inout ModelTables
    ) throws -> (ModelState, ModelViolation?) {
        var servers: [UInt32] = []
        for slot in 0..<options.root.nodes {
            let (hard, entries) = try options.root.disk(slot)
            let log = tables.logs.extend(.empty, by: entries)
            let committed = tables.logs.prefix(of: log, through: hard.commitHint) ?? .empty
            var ghost = ModelGhost()
            ghost.commits = [ModelGhost.Commit(term: 1, log: committed)]
            // A restart on this disk.
            let engine = RaftEngine(
                configuration: options.configuration, group: .first, hardState: hard,
                recovered: RecoveredGroup(hardState: hard), seed: 1)
            var step = ServerStep(
                ModelServer(
                    slot: slot, engine: engine, hard: hard, disk: log, memory: log, writes: [], ghost: ghost))
            step.crash(durable: 0, &tables.logs)
            if let violation = step.violation { return (ModelState(servers: [], budget: options.budget), violation) }
            servers.append(tables.number(of: step.result))
        }
        var state = ModelState(servers: servers, budget: options.budget)
        let violation = options.root.isLed ? elect(&state, &tables) : nil
        return (state, violation)
    }

    /// Server 1 campaigns; every write completes and every message arrives, in their order, until all is quiet.
    private static func elect(_ state: inout ModelState, _ tables: inout ModelTables) -> ModelViolation? {
        var network: [UInt32] = []
        var pending: (slot: Int, input: LocalInput)? = (0, .deadline(.election))
        while let (slot, input) = pending {
            let result = tables.result(of: input, on: state.servers[slot])
            if result.violation >= 0 { return tables.violations[Int(result.violation)] }
            state.servers[slot] = result.server
            let last = Int(result.firstSend) + Int(result.sendCount) + Int(result.heartbeatCount)
            network += tables.sends[Int(result.firstSend)..<last]
            pending = nil
            if let slot = state.servers.firstIndex(where: { tables.summaries[Int($0)].writes > 0 }) {
                pending = (slot, .complete(0))
            } else if !network.isEmpty {
                let message = network.removeFirst()
                pending = (Int(tables.addressees[Int(message)]), .deliver(message, at: .recent))
            }
        }
        return nil
    }
}
