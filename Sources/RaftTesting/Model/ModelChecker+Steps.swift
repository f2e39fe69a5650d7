import RaftCore
import RaftMembership

// What comes of one event.
extension ModelChecker {
    struct Outcome {
        var slot: Int?
        var landmarks: ModelLandmarks
        var violation: Int32 = -1
    }

    /// Leaves the state that follows in `next`. Nil when nothing changes.
    mutating func apply(_ event: ModelEvent, to state: ModelState) -> Outcome? {
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
        case .change(let slot, let number):
            next.budget.changes -= 1
            return apply(.change(number), to: slot, state)
        case .transfer(let slot, let target):
            next.budget.transfers -= 1
            return apply(.transfer(to: target), to: slot, state)
        case .snapshot(let slot):
            next.budget.snapshots -= 1
            return apply(.snapshot(state.budget.snapshots), to: slot, state)
        case .errand(let slot, let errand, let moment):
            return apply(.errand(errand, at: moment), to: slot, state)
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
}
