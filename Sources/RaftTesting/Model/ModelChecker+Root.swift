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
            ghost.commits = [ModelGhost.Commit(term: tables.logs.last(of: committed).term, log: committed)]
            // A restart on this disk.
            let engine = RaftEngine(
                configuration: options.configuration, group: .first, hardState: hard,
                recovered: RecoveredGroup(hardState: hard), seed: 1)
            var step = ServerStep(
                ModelServer(
                    slot: slot, engine: engine, hard: hard, disk: log, base: options.root.base(slot, log, tables.logs),
                    memory: log, writes: [], errands: ModelErrands(), ghost: ghost))
            step.crash(durable: 0, &tables.logs)
            while step.errands.isDue(.restore) { step.run(.restore, at: .recent, &tables.logs) }
            if let violation = step.violation { return (ModelState(servers: [], budget: options.budget), violation) }
            servers.append(tables.number(of: step.result))
        }
        var state = ModelState(servers: servers, budget: options.budget)
        for prelude in options.root.preludes {
            if let violation = play(prelude, &state, &tables) { return (state, violation) }
        }
        return (state, nil)
    }

    private static func play(
        _ prelude: ModelRoot.Prelude, _ state: inout ModelState, _ tables: inout ModelTables
    ) -> ModelViolation? {
        switch prelude {
        case .lead(let servers):
            return play(servers[0], .deadline(.election), among: servers, &state, &tables) { _, _ in false }
        case .win(let servers):
            return play(servers[0], .deadline(.election), among: servers, &state, &tables) { state, tables in
                tables.summaries[Int(state.servers[servers[0]])].isLeader
            }
        case .heartbeat(let leader):
            let servers = Array(state.servers.indices)
            return play(leader, .deadline(.heartbeat), among: servers, &state, &tables) { state, tables in
                state.messages.filter { Int(tables.addressees[Int($0)]) == leader }.count == servers.count - 1
            }
        }
    }

    /// Gives `server` the input, then completes every write and delivers every message between the servers named, in
    /// their order, until all is quiet or what was waited for is there: what is under way then stays so.
    private static func play(
        _ server: Int, _ input: LocalInput, among servers: [Int], _ state: inout ModelState,
        _ tables: inout ModelTables, until isThere: (ModelState, ModelTables) -> Bool
    ) -> ModelViolation? {
        let underWay = state.messages
        state.messages = []
        var pending: (slot: Int, input: LocalInput)? = (server, input)
        while let (slot, input) = pending {
            let result = tables.result(of: input, on: state.servers[slot])
            if result.violation >= 0 { return tables.violations[Int(result.violation)] }
            state.servers[slot] = result.server
            let last = Int(result.firstSend) + Int(result.sendCount) + Int(result.heartbeatCount)
            for message in tables.sends[Int(result.firstSend)..<last]
            where servers.contains(Int(tables.addressees[Int(message)])) { state.messages.append(message) }
            pending = nil
            if isThere(state, tables) { break }
            if let slot = servers.first(where: { tables.summaries[Int(state.servers[$0])].writes > 0 }) {
                pending = (slot, .complete(0))
            } else if let (slot, errand) = dueErrand(of: servers, state, tables) {
                pending = (slot, .errand(errand, at: .recent))
            } else if !state.messages.isEmpty {
                let message = state.messages.removeFirst()
                // Loyalty to an earlier leader has lapsed.
                let moment: ModelMoment = tables.messages[Int(message)].isVoteRequest ? .late : .recent
                pending = (Int(tables.addressees[Int(message)]), .deliver(message, at: moment))
            }
        }
        state.messages = Set(state.messages + underWay).sorted()
        return nil
    }

    private static func dueErrand(
        of servers: [Int], _ state: ModelState, _ tables: ModelTables
    ) -> (slot: Int, errand: ModelErrand)? {
        for slot in servers {
            let due = tables.summaries[Int(state.servers[slot])].errands
            if let errand = ModelErrand.allCases.first(where: { due & 1 << $0.rawValue != 0 }) { return (slot, errand) }
        }
        return nil
    }
}

extension ModelRoot {
    /// The snapshot on the disk of the server in `slot`, which has this log.
    fileprivate func base(_ slot: Int, _ log: LogHandle, _ logs: LogTree) -> ModelBase? {
        let purged = LogIndex(disks[slot].compacted)
        guard purged > .zero, let covered = logs.prefix(of: log, through: purged) else { return nil }
        let snapshot = logs.snapshot(of: covered, cluster: Self.cluster, isWhole: !witnesses.contains(slot))
        return ModelBase(held: ModelSnapshot(snapshot, of: covered), purged: purged)
    }
}
