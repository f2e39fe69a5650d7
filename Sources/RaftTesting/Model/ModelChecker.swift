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
    private var report: ModelReport
    private let root: ModelState
    private let rootViolation: ModelViolation?
    private let rootCommit: UInt32

    // Room that is used again for each state.
    private var events: [ModelEvent] = []
    private var next: ModelState

    /// - Throws: what building the root's logs throws; never for a root of the list.
    package init(_ options: ModelOptions) throws {
        var options = options
        if let mutation = options.mutation, ModelMessage.rulesThatReviveMessages.contains(mutation) {
            options.forgetsDeadMessages = false
        }
        self.options = options
        var tables = ModelTables(
            Renaming(nodes: options.root.nodes, isReducing: options.reducesSymmetry),
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

    // MARK: What may happen next

    private mutating func listEvents(of state: ModelState) {
        events.removeAll(keepingCapacity: true)
        for message in state.messages {
            let moments: [ModelMoment] = tables.messages[Int(message)].isTimed ? [.recent, .late] : [.recent]
            for moment in moments { events.append(.deliver(message, at: moment)) }
            guard state.budget.duplicates > 0 else { continue }
            for moment in moments { events.append(.duplicate(message, at: moment)) }
        }
        for (slot, server) in state.servers.enumerated() {
            let summary = tables.summaries[Int(server)]
            for position in 0..<Int(summary.writes) { events.append(.complete(server: slot, position: position)) }
            for moment in ModelMoment.allCases
            where summary.armed & 1 << moment.rawValue != 0 && isAllowed(moment, state.budget) {
                events.append(.deadline(server: slot, moment))
            }
            if summary.isLeader, state.budget.entries > 0 { events.append(.propose(server: slot)) }
            if summary.isLeader, state.budget.reads > 0 { events.append(.read(server: slot)) }
            if state.budget.crashes > 0 {
                for count in Int(summary.durableWrites)...Int(summary.writes) {
                    events.append(.crash(server: slot, durable: count))
                }
            }
            if state.budget.amnesias > 0, tables.logs.lastIndex(of: summary.disk) > 1 {
                events.append(.forget(server: slot))
            }
        }
        if state.budget.strangers > 0 {
            for message in state.messages {
                events.append(.deliverFromEarlierLife(message))
                guard tables.messages[Int(message)].hasEntries else { continue }
                events.append(.deliverUnknownKind(message))
                events.append(.deliverWithoutEntries(message))
            }
        }
        if state.budget.losses > 0 {
            for message in state.messages where isFull(tables.links[Int(message)], state.messages) {
                events.append(.lose(message))
            }
        }
    }

    private func isAllowed(_ moment: ModelMoment, _ budget: ModelBudget) -> Bool {
        switch moment {
        case .election: budget.terms > 0
        case .heartbeat, .probe, .commitNotice: budget.heartbeats > 0
        default: true
        }
    }

    private func isFull(_ link: UInt8, _ messages: [UInt32]) -> Bool {
        var count = 0
        for message in messages where tables.links[Int(message)] == link { count += 1 }
        return count >= options.inFlight
    }

    // MARK: One event

    struct Outcome {
        var slot: Int?
        var landmarks: ModelLandmarks
        var violation: Int32 = -1
    }

    /// Leaves the state that follows in `next`. Nil when nothing changes.
    private mutating func apply(_ event: ModelEvent, to state: ModelState) -> Outcome? {
        next.budget = state.budget
        switch event {
        case .deliver(let message, let moment):
            return apply(
                .deliver(message, at: moment), to: Int(tables.addressees[Int(message)]), state, taking: message)
        case .duplicate(let message, let moment):
            next.budget.duplicates -= 1
            return apply(
                .deliver(message, at: moment), to: Int(tables.addressees[Int(message)]), state, .duplicateDelivery)
        case .lose(let message):
            next.budget.losses -= 1
            copy(state, without: message)
            return Outcome(slot: nil, landmarks: ModelLandmarks(.loss))
        case .complete(let slot, let position):
            return apply(.complete(position), to: slot, state)
        case .deadline(let slot, let moment):
            if moment == .election { next.budget.terms -= 1 }
            return apply(.deadline(moment), to: slot, state)
        case .propose(let slot):
            next.budget.entries -= 1
            return apply(.propose(state.budget.entries), to: slot, state)
        case .read(let slot):
            next.budget.reads -= 1
            let committed = state.servers.map { tables.summaries[Int($0)].committedIndex }.max() ?? 0
            return apply(.read(state.budget.reads, sees: committed), to: slot, state)
        case .crash(let slot, let durable):
            next.budget.crashes -= 1
            return apply(.crash(durable: durable), to: slot, state)
        case .forget(let slot):
            next.budget.amnesias -= 1
            return apply(.forget, to: slot, state)
        case .deliverUnknownKind(let message):
            next.budget.strangers -= 1
            return apply(.deliverUnknownKind(message), to: Int(tables.addressees[Int(message)]), state)
        case .deliverWithoutEntries(let message):
            next.budget.strangers -= 1
            return apply(.deliverWithoutEntries(message), to: Int(tables.addressees[Int(message)]), state)
        case .deliverFromEarlierLife(let message):
            next.budget.strangers -= 1
            return apply(.deliverFromEarlierLife(message), to: Int(tables.addressees[Int(message)]), state)
        }
    }

    private mutating func copy(_ state: ModelState, without taken: UInt32?) {
        for slot in state.servers.indices { next.servers[slot] = state.servers[slot] }
        next.messages.removeAll(keepingCapacity: true)
        for message in state.messages where message != taken { next.messages.append(message) }
    }

    private mutating func apply(
        _ input: LocalInput, to slot: Int, _ state: ModelState, taking taken: UInt32? = nil,
        _ landmark: ModelLandmark? = nil
    ) -> Outcome? {
        let server = state.servers[slot]
        let result = tables.result(of: input, on: server)
        // What changes nothing need not happen; a message that does so now may matter later, and stays.
        if result.server == server, result.sendCount == 0, result.heartbeatCount == 0, result.violation < 0 {
            return nil
        }
        copy(state, without: taken)
        next.servers[slot] = result.server
        if options.forgetsDeadMessages, result.server != server { forgetDeadMessages(to: slot) }
        for position in 0..<Int(result.sendCount) { send(tables.sends[Int(result.firstSend) + position]) }
        if result.heartbeatCount > 0, next.budget.heartbeats > 0 {
            next.budget.heartbeats -= 1
            let first = Int(result.firstSend) + Int(result.sendCount)
            for position in 0..<Int(result.heartbeatCount) { send(tables.sends[first + position]) }
        }
        var landmarks = result.landmarks
        if let landmark { landmarks.insert(ModelLandmarks(landmark)) }
        return Outcome(slot: slot, landmarks: landmarks, violation: result.violation)
    }

    /// A link is a set: a second copy of what is under way is lost, and so is what finds it full.
    private mutating func send(_ message: UInt32) {
        let to = Int(tables.addressees[Int(message)])
        if options.forgetsDeadMessages,
            tables.messages[Int(message)].isDead(to: tables.servers[Int(next.servers[to])])
        {
            return
        }
        var place = next.messages.count
        while place > 0, next.messages[place - 1] >= message { place -= 1 }
        if place < next.messages.count, next.messages[place] == message { return }
        if isFull(tables.links[Int(message)], next.messages) { return }
        next.messages.insert(message, at: place)
    }

    private mutating func forgetDeadMessages(to slot: Int) {
        let server = tables.servers[Int(next.servers[slot])]
        next.messages.removeAll { message in
            Int(tables.addressees[Int(message)]) == slot && tables.messages[Int(message)].isDead(to: server)
        }
    }

    // MARK: Landmarks

    private mutating func noteLandmarks(_ outcome: Outcome) {
        var found = outcome.landmarks
        let (first, count) = (next.servers, next.servers.count)
        var led: UInt64 = 0
        var leaders = 0
        for slot in 0..<count {
            let one = tables.summaries[Int(first[slot])]
            led |= one.ledTerms
            if one.isLeader { leaders += 1 }
            if one.committedIndex > rootCommit { found.insert(ModelLandmarks(.commit)) }
            for other in (slot + 1)..<max(count, slot + 1) {
                if tables.logs.difference(one.memory, tables.summaries[Int(first[other])].memory) != nil {
                    found.insert(ModelLandmarks(.conflictingSuffix))
                }
            }
        }
        if led.nonzeroBitCount > 1 { found.insert(ModelLandmarks(.twoElections)) }
        if leaders > 1 { found.insert(ModelLandmarks(.twoLeaders)) }
        if found.contains(ModelLandmarks(.repair)), let slot = outcome.slot, !agreesWithLeader(slot) {
            found.remove(ModelLandmarks(.repair))
        }
        for landmark in ModelLandmark.allCases where found.contains(ModelLandmarks(landmark)) {
            report.landmarks[landmark.rawValue] += 1
        }
    }

    private func agreesWithLeader(_ slot: Int) -> Bool {
        let one = tables.summaries[Int(next.servers[slot])]
        return next.servers.contains { number in
            let other = tables.summaries[Int(number)]
            return other.isLeader && other.term == one.term && tables.logs.isPrefix(one.memory, of: other.memory)
        }
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
