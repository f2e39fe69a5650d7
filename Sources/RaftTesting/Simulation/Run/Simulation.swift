public import RaftCore
public import RaftMembership

/// One run: a cluster under a workload and the faults of a plan, then calm, in which it must work again.
///
/// Everything follows from the plan, that is, from its seed: the same plan gives the same run, bit for bit, in any build.
/// A run lives on one thread; several may run side by side.
public final class Simulation<Work: Workload> {
    typealias Machine = Work.Machine

    let plan: SimulationPlan
    let requirements: SimulationRequirements
    let cluster: SimulatedCluster<Machine>
    let core: ClusterCore
    let clients: ClientPool<Work>
    private var faultsDone = 0
    private var random: SeededRandom

    /// - Parameters:
    ///   - storage: a storage of your own, opened at each start of a node on what the process before left of its files; it
    ///     must come back with what was committed. Nil for the simulator's own.
    ///   - trace: takes a line for each thing that happens.
    public convenience init(
        _ plan: SimulationPlan, workload: Work, requirements: SimulationRequirements = .full,
        storage: ((NodeID, SimulatedFiles) throws -> any LogStorage)? = nil, trace: ((String) -> Void)? = nil
    ) throws {
        try self.init(
            plan, workload: workload, requirements: requirements, storage: storage, mutation: nil, trace: trace)
    }

    package init(
        _ plan: SimulationPlan, workload: Work, requirements: SimulationRequirements = .full,
        storage: ((NodeID, SimulatedFiles) throws -> any LogStorage)? = nil, mutation: Mutation?,
        trace: ((String) -> Void)? = nil
    ) throws {
        self.plan = plan
        self.requirements = requirements
        random = SeededRandom(seed: plan.seed, of: .administrator)
        cluster = try SimulatedCluster(
            plan.cluster, seed: plan.seed, mutation: mutation, trace: TraceRecorder(listener: trace),
            makeStorage: storage, makeMachine: { workload.makeMachine() })
        core = cluster.core
        core.allowsAnyLoss = plan.isOverBudget
        clients = ClientPool(cluster, workload, plan)
    }

    /// Runs it.
    /// - Throws: `SimulationFailure`.
    public func run() throws(SimulationFailure) -> SimulationReport {
        do {
            try trouble()
            try calm()
            try judge()
        } catch {
            let end = troubleEnded ?? cluster.now
            throw SimulationFailure(
                seed: plan.seed, property: error.property, what: error.what, at: error.at.rawValue - 1_000_000_000,
                faults: plan.faults.filter { $0.at <= end }, end: (end + 999_999) / 1_000_000 * 1_000_000,
                fingerprint: core.world.trace.fingerprint)
        }
        return SimulationReport(
            seed: plan.seed, time: cluster.now, completedOperations: clients.completed,
            unknownOperations: clients.unknown, faults: faultsDone, leaderChanges: core.properties.leaderChanges,
            entries: core.properties.committed.count, events: core.world.eventCount,
            fingerprint: core.world.trace.fingerprint, coverage: core.world.coverage)
    }

    // MARK: Trouble

    private var hasSeenEnough: Bool {
        cluster.now + 15 * second >= requirements.time && clients.completed >= requirements.operations
            && faultsDone >= requirements.faults && core.properties.leaderChanges >= requirements.leaderChanges
    }

    private let second: UInt64 = 1_000_000_000
    private var isTroubled: Bool { troubleEnded == nil }
    private var troubleEnded: UInt64?

    private func trouble() throws(Violation) {
        for fault in plan.faults {
            core.world.after(fault.at) { [unowned self] in
                guard isTroubled else { return }
                faultsDone += 1
                core.strike(fault)
            }
        }
        formWhenPristine()
        keepCopies()
        askTheEmptied()
        clients.start()
        if let end = plan.end {
            try core.world.run(for: end)
        } else {
            while !hasSeenEnough, cluster.now < SimulationPlan.longest { try core.world.run(for: second) }
        }
        troubleEnded = cluster.now
    }

    /// Somebody keeps calling for the cluster to be formed, on any of its nodes, until it is (rule M9).
    private func formWhenPristine() {
        guard !plan.cluster.isFormed else { return }
        core.world.after(random.next(in: 10_000_000...400_000_000)) { [unowned self] in
            let named = core.nodes.prefix(plan.cluster.nodes)
            let members = Dictionary(uniqueKeysWithValues: named.map { ($0.id, ["memory:\($0.id)"]) })
            var isDone = true
            for node in named {
                guard let raft = cluster.raft(node), node.isWorking else {
                    isDone = false
                    continue
                }
                if raft.driver.engine.membership.isEmpty { isDone = false }
                if random.chance(isTroubled ? 500 : 1000) { raft.bootstrap(members) { _ in } }
            }
            if !isDone { formWhenPristine() }
        }
    }

    /// What an operator might restore by mistake.
    private func keepCopies() {
        core.world.after(5 * second) { [unowned self] in
            for node in core.nodes where node.damage == nil { node.keepCopy() }
            if isTroubled { keepCopies() }
        }
    }

    /// An operator who finds a server with nothing on it may take it for a new one, and have it form the cluster: it must
    /// refuse, and name who has a past (rules M9, M10).
    private func askTheEmptied() {
        core.world.after(second / 4) { [unowned self] in
            let named = core.nodes.prefix(plan.cluster.nodes)
            let members = Dictionary(uniqueKeysWithValues: named.map { ($0.id, ["memory:\($0.id)"]) })
            for node in core.nodes where node.disk.hasLostData && node.disk.image.hardState?.cluster == nil {
                cluster.raft(node)?.bootstrap(members) { [unowned core] in core.properties.calledToForm(node, $0) }
            }
            if isTroubled { askTheEmptied() }
        }
    }

    // MARK: Calm

    /// The servers that can still take part, and belong, or will when their damage is made good.
    private var sound: [SimulatedNode] {
        let members = core.properties.committedConfiguration.membership
        return core.nodes.filter { node in
            (node.damage ?? .rot) == .rot
                && (members.isEmpty || node.member.map { members.slot(of: $0) != nil } ?? false)
        }
    }

    private func calm() throws(Violation) {
        core.heal()
        let members = core.properties.committedConfiguration.membership
        let isQuorumLeft = core.properties.isQuorum(of: members) { core.properties.isIntact($0) }
        guard members.isEmpty || isQuorumLeft else {
            guard plan.isOverBudget else { throw violation("plan", "damage within the budget leaves no quorum") }
            core.world.coverage.add(.tooFewLeft)
            // Nothing can work any more; the calls end all the same.
            clients.stop()
            try core.world.run(for: 20 * second)
            return
        }
        let timeout = 20 * plan.cluster.configuration.electionTimeout.upperBound + 5 * second
        if plan.cluster.isFormed == false {
            try wait(20 * second, "M9", "the cluster was not formed") {
                // Who was removed before it heard of anything has nobody left to hear from.
                let members = self.core.properties.committedConfiguration.membership
                return self.core.nodes.prefix(self.plan.cluster.nodes).allSatisfy { node in
                    self.cluster.raft(node)?.driver.engine.membership.isEmpty == false
                        || (!members.isEmpty && node.member.map { members.slot(of: $0) == nil } ?? false)
                }
            }
        }
        try wait(timeout, "liveness", "no leader") { self.cluster.leader != nil }
        let target = core.properties.lastCommitted
        try wait(timeout + 30 * second, "liveness", "the calm cluster commits nothing") {
            self.core.properties.lastCommitted > target
        }
        clients.stop()
        try waitWhileSomethingMoves(timeout + 60 * second, "M3", "a change of membership is not brought to its end") {
            guard let engine = self.cluster.leader?.life?.driver?.engine else { return false }
            return engine.change == nil && engine.effective.id == engine.committed.id && !engine.membership.isJoint
                && !engine.membership.members.contains {
                    $0.promoteWhenCaughtUp && self.mayVote($0, in: engine.membership)
                }
                && engine.membership.voters.contains(engine.member.id)
        }
        try waitWhileSomethingMoves(timeout + 60 * second, "M10", "not all who lost their data are taken in again") {
            self.core.properties.missing(in: self.core.properties.committedConfiguration.membership).isEmpty
        }
        try waitWhileSomethingMoves(timeout + 60 * second, "liveness", "not all servers come up to date") {
            // Who found its disk full asks again after a while (rule D4).
            self.sound.allSatisfy {
                $0.isWorking && $0.reached == self.core.properties.lastCommitted
                    && $0.life?.driver?.engine.room.isFull != true
            }
                && self.cluster.leader?.seen.last.index == self.core.properties.lastCommitted
        }
        if plan.isOverBudget, core.nodes.contains(where: \.disk.hasLostData) { core.world.coverage.add(.enoughLeft) }
        // What is in flight arrives, and waiters left over from lost leaderships end. Who left and cannot be told, for it has
        // lost its data, is given up after a time of its own.
        let isLeaving = cluster.leader?.life?.driver?.engine.progress.contains { $0.departure != nil } ?? false
        let patience: UInt64 = isLeaving ? 17 : 8
        try core.world.run(for: 3 * second + patience * plan.cluster.configuration.electionTimeout.upperBound)
        if let noise = core.restlessness(of: sound) { throw violation("P4", noise) }
    }

    /// A witness waits until its vote leaves the full voters enough of theirs (rule X1).
    private func mayVote(_ learner: Membership.Record, in membership: Membership) -> Bool {
        guard learner.isWitness else { return true }
        let witnesses = membership.voters.count { membership.kind(of: $0) == .witness }
        return 2 * (witnesses + 1) <= membership.voters.count + 1
    }

    private func wait(
        _ span: UInt64, _ property: String, _ what: String, until isDone: () -> Bool
    ) throws(Violation) {
        if try core.world.run(for: span, until: isDone) { return }
        throw violation(property, "\(what) within \(span / 1_000_000) ms of calm: \(core.standing)")
    }

    /// Gives the time anew as long as logs grow: who is far behind on a slow link takes long.
    private func waitWhileSomethingMoves(
        _ span: UInt64, _ property: String, _ what: String, until isDone: () -> Bool
    ) throws(Violation) {
        var before: UInt64?
        while true {
            let sum = core.nodes.reduce(0) { $0 + $1.reached.rawValue }
            if before == sum { throw violation(property, "\(what), and nothing moves any more: \(core.standing)") }
            before = sum
            if try core.world.run(for: span, until: isDone) { return }
        }
    }

    private func violation(_ property: String, _ what: String) -> Violation {
        core.world.fail(property, what)
        return Violation(property: property, what: what, at: core.world.now)
    }

    // MARK: Judgement

    private func judge() throws(Violation) {
        for node in core.nodes {
            guard let damage = node.damage, damage != .rot, node.isUp else { continue }
            throw violation("M10", "node \(node.id) takes part with data that are \(damage.rawValue)")
        }
        if let what = clients.openCalls() ?? core.openAdministration() { throw violation("W1", what) }
        do {
            try clients.judge()
        } catch {
            throw violation("linearizability", "\(error)")
        }
    }
}
