import RaftCore
import RaftMembership

/// Explores, breadth first, every state that a few engines, their disks and their network can reach from a root within
/// budgets, and checks the properties in each. The engine is the one of production; only time is abstracted
/// (`ModelMoment`). Breadth first, so that a counterexample is a shortest one.
package struct ModelChecker {
    let options: ModelOptions
    var tables: ModelTables
    private var seen = FingerprintSet()
    /// By state number: the state it was first reached from, and which of that one's events led here.
    private var parents: [UInt32] = []
    private var ordinals: [UInt16] = []
    var report: ModelReport
    private let root: ModelState
    private let rootViolation: ModelViolation?
    let rootCommit: UInt32

    // Room that is used again for each state.
    var events: [ModelEvent] = []
    var next: ModelState

    /// - Throws: what building the root's logs throws; never for a root of the list.
    package init(_ options: ModelOptions) throws {
        var options = options
        if let mutation = options.mutation, ModelMessage.rulesThatReviveMessages.contains(mutation) {
            options.forgetsDeadMessages = false
        }
        self.options = options
        var tables = ModelTables(
            Renaming(
                nodes: options.root.nodes,
                isReducing: options.reducesSymmetry && options.root.isSymmetric && options.budget.transfers == 0,
                fixed: options.root.witnesses),
            logs: LogTree(hasWitnesses: options.root.hasWitnesses), changes: options.root.changes,
            auditsIdentity: options.auditsIdentity)
        report = ModelReport(root: options.root.name)
        (root, rootViolation) = try Self.makeRoot(options, &tables)
        next = root
        rootCommit = root.servers.map { tables.summaries[Int($0)].committedIndex }.max() ?? 0
        self.tables = tables
    }

    package static func run(_ options: ModelOptions) throws -> ModelReport {
        var checker = try ModelChecker(options)
        return checker.run()
    }

    // MARK: The search

    package mutating func run() -> ModelReport {
        var frontier = ModelFrontier(nodes: options.root.nodes)
        _ = seen.insert(fingerprint(of: root))
        parents = [0]
        ordinals = [0]
        report.distinct = 1
        frontier.append(root, number: 0)
        if let violation = rootViolation ?? violation(in: root, changed: nil) {
            return finish(violation, at: 0, event: nil)
        }
        var state = root
        while report.depth < options.depth {
            var following = ModelFrontier(nodes: options.root.nodes)
            let isLast = report.depth + 1 == options.depth
            var offset = 0
            for position in 0..<frontier.count {
                offset = frontier.read(at: offset, into: &state)
                let number = frontier.number(at: position)
                listEvents(of: state)
                for ordinal in events.indices {
                    guard let outcome = apply(events[ordinal], to: state) else { continue }
                    report.states += 1
                    if outcome.violation >= 0 {
                        return finish(tables.violations[Int(outcome.violation)], at: number, event: ordinal)
                    }
                    guard seen.insert(fingerprint(of: next)) else { continue }
                    report.distinct += 1
                    parents.append(number)
                    ordinals.append(UInt16(ordinal))
                    if let violation = violation(in: next, changed: outcome.slot) {
                        return finish(violation, at: number, event: ordinal)
                    }
                    noteLandmarks(outcome)
                    if !isLast { following.append(next, number: UInt32(parents.count - 1)) }
                    if report.distinct >= options.maximumStates { return finish(.states) }
                }
            }
            report.depth += 1
            if following.count == 0, !isLast { return finish(.exhausted) }
            frontier = following
        }
        return finish(.depth)
    }

    private mutating func finish(_ limit: ModelReport.Limit) -> ModelReport {
        report.limit = limit
        report.serverStates = tables.servers.count
        report.messages = tables.messages.count
        report.audits = tables.audits
        if let found = tables.wronglyTaken {
            report.counterexample = ModelCounterexample(
                root: options.root.name, events: [], violation: ModelViolation("the checker's own identity", found))
        }
        return report
    }

    private mutating func finish(_ violation: ModelViolation, at number: UInt32, event: Int?) -> ModelReport {
        report.counterexample = ModelCounterexample(
            root: "\(options.root.name) (\(options.root.summary))", events: path(to: number, event),
            violation: violation)
        return finish(.violation)
    }

    /// Walks the way again: the states on it were not kept, but the same events lead to the same states.
    private mutating func path(to number: UInt32, _ last: Int?) -> [String] {
        var way: [Int] = last.map { [$0] } ?? []
        var number = number
        while number != 0 {
            way.append(Int(ordinals[Int(number)]))
            number = parents[Int(number)]
        }
        var state = root
        var lines: [String] = []
        for ordinal in way.reversed() {
            listEvents(of: state)
            let event = events[ordinal]
            var line = event.describe(tables, state)
            if let outcome = apply(event, to: state), let slot = outcome.slot {
                let server = tables.servers[Int(next.servers[slot])]
                line += "\n       → \(server.describe(tables.logs))"
            }
            lines.append(line)
            state = next
        }
        return lines
    }

    // MARK: Identity

    /// The least fingerprint over all renamings of the servers.
    private func fingerprint(of state: ModelState) -> UInt64 {
        let count = tables.renaming.count
        var least = UInt64.max
        let budget = Renaming.mix(state.budget.packed)
        for renaming in 0..<count {
            var sum = budget
            for server in state.servers { sum &+= tables.serverFingerprints[Int(server) * count + renaming] }
            for message in state.messages { sum &+= tables.messageFingerprints[Int(message) * count + renaming] }
            least = min(least, Renaming.mix(sum))
        }
        return least
    }
}
