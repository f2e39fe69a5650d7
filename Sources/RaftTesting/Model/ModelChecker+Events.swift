import RaftCore
import RaftMembership

// What may happen next.
extension ModelChecker {
    mutating func listEvents(of state: ModelState) {
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
            if summary.isLeader, state.budget.changes > 0 {
                for number in options.root.changes.indices { events.append(.change(server: slot, number: number)) }
            }
            if summary.isLeader, state.budget.transfers > 0 {
                for target in state.servers.indices where target != slot {
                    events.append(.transfer(server: slot, to: target))
                }
            }
            if summary.isLeader || summary.isWitness, state.budget.reads > 0 { events.append(.read(server: slot)) }
            if state.budget.snapshots > 0 { events.append(.snapshot(server: slot)) }
            if summary.errands != 0 { listErrands(of: slot, summary) }
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

    private mutating func listErrands(of slot: Int, _ summary: ModelTables.Summary) {
        for errand in ModelErrand.allCases where summary.errands & 1 << errand.rawValue != 0 {
            events.append(.errand(server: slot, errand, at: .recent))
            // A leader keeps what peers need that it has heard of a moment ago (rule S5).
            if errand == .build, summary.isLeader { events.append(.errand(server: slot, errand, at: .late)) }
        }
    }

    private func isAllowed(_ moment: ModelMoment, _ budget: ModelBudget) -> Bool {
        switch moment {
        case .election: budget.terms > 0
        case .heartbeat, .probe, .commitNotice: budget.heartbeats > 0
        default: true
        }
    }

    func isFull(_ link: UInt8, _ messages: [UInt32]) -> Bool {
        var count = 0
        for message in messages where tables.links[Int(message)] == link { count += 1 }
        return count >= options.inFlight
    }
}
