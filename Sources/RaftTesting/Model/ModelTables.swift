import RaftCore
import RaftMembership

/// Everything that states are made of, once each: states themselves hold numbers only.
struct ModelTables: Sendable {
    /// What is asked about a server in every state.
    struct Summary: Sendable {
        var disk: LogHandle
        var memory: LogHandle
        var committed: LogHandle
        var committedIndex: UInt32
        var ledTerms: UInt64
        var term: UInt64
        var isLeader: Bool
        var isWaiting: Bool
        var isAmnesiac: Bool
        var isRemoved: Bool
        var isWitness: Bool
        /// What the snapshot holds that its disk names.
        var covered: LogHandle
        /// A bit for each `ModelErrand` that is due.
        var errands: UInt8
        var suspects: UInt8
        /// A bit for each armed `ModelMoment`.
        var armed: UInt16
        var writes: UInt8
        var durableWrites: UInt8
    }

    let renaming: Renaming
    var logs: LogTree
    private(set) var servers: [ModelServer] = []
    private(set) var summaries: [Summary] = []
    /// By server and renaming.
    private(set) var serverFingerprints: [UInt64] = []
    private var serverNumbers: [UInt64: UInt32] = [:]

    private(set) var messages: [ModelMessage] = []
    private(set) var addressees: [UInt8] = []
    private(set) var links: [UInt8] = []
    private(set) var messageFingerprints: [UInt64] = []
    private var messageNumbers: [UInt64: UInt32] = [:]

    private(set) var results: [LocalResult] = []
    private(set) var sends: [UInt32] = []
    private(set) var violations: [ModelViolation] = []
    private var resultNumbers: [UInt64: Int32] = [:]

    /// Compares whatever is taken for a known state with it, by what comes next.
    let auditsIdentity: Bool
    private(set) var audits = 0
    /// What an audit found.
    private(set) var wronglyTaken: String?

    /// Changes of membership, by number.
    let changes: [[MembershipChange]]

    init(_ renaming: Renaming, logs: LogTree, changes: [[MembershipChange]], auditsIdentity: Bool) {
        self.renaming = renaming
        self.logs = logs
        self.changes = changes
        self.auditsIdentity = auditsIdentity
    }

    mutating func number(of server: ModelServer) -> UInt32 {
        let fingerprints = server.fingerprints(renaming, logs)
        if let known = serverNumbers[fingerprints[0]] {
            if auditsIdentity { audit(server, takenFor: servers[Int(known)]) }
            return known
        }
        let number = UInt32(servers.count)
        precondition(number < 1 << 24, "too many states of single servers")
        serverNumbers[fingerprints[0]] = number
        servers.append(server)
        serverFingerprints += fingerprints
        let engine = server.engine
        var armed: UInt16 = 0
        for moment in ModelMoment.allCases where engine.isArmed(moment) { armed |= 1 << moment.rawValue }
        if server.ghost.proposals.isEmpty { armed &= ~(1 << ModelMoment.waiters.rawValue) }
        var errands: UInt8 = 0
        for errand in ModelErrand.allCases where server.errands.isDue(errand) { errands |= 1 << errand.rawValue }
        summaries.append(
            Summary(
                disk: server.disk, memory: server.memory, committed: server.ghost.committed,
                committedIndex: UInt32(logs.lastIndex(of: server.ghost.committed).rawValue),
                ledTerms: server.ghost.ledTerms, term: engine.term.rawValue, isLeader: engine.role == .leader,
                isWaiting: !server.ghost.proposals.isEmpty, isAmnesiac: server.ghost.isAmnesiac,
                isRemoved: engine.isRemoved, isWitness: server.isWitness,
                covered: server.base?.held.log ?? .empty, errands: errands,
                suspects: server.ghost.suspects, armed: armed, writes: UInt8(server.writes.count),
                durableWrites: UInt8(server.writes.filter(\.isDurable).count)))
        return number
    }

    mutating func number(of message: ModelMessage) -> UInt32 {
        let fingerprints = renaming.fingerprints(
            content: message.fingerprint, names: [message.from, message.to])
        if let known = messageNumbers[fingerprints[0]] { return known }
        let number = UInt32(messages.count)
        precondition(number < 1 << 28, "too many messages")
        messageNumbers[fingerprints[0]] = number
        messages.append(message)
        addressees.append(UInt8(message.to))
        links.append(UInt8(message.from << 4 | message.to))
        messageFingerprints += fingerprints
        return number
    }

    /// What `server` does with `input`.
    mutating func result(of input: LocalInput, on server: UInt32) -> LocalResult {
        let key = input.key(server)
        if let known = resultNumbers[key] { return results[Int(known)] }
        let result = run(input, on: server)
        resultNumbers[key] = Int32(results.count)
        results.append(result)
        return result
    }

    private mutating func run(_ input: LocalInput, on server: UInt32) -> LocalResult {
        let step = step(input, on: servers[Int(server)])
        let after = number(of: step.result)
        let first = Int32(sends.count)
        for message in step.sends + step.heartbeats { sends.append(number(of: message)) }
        var violation: Int32 = -1
        if let found = step.violation {
            violation = Int32(violations.count)
            violations.append(found)
        }
        return LocalResult(
            server: after, firstSend: first, sendCount: UInt8(step.sends.count),
            heartbeatCount: UInt8(step.heartbeats.count), landmarks: step.landmarks, violation: violation)
    }

    private mutating func step(_ input: LocalInput, on server: ModelServer) -> ServerStep {
        var step = ServerStep(server)
        switch input.kind {
        case .deliver: step.deliver(messages[Int(input.number)], at: input.moment, &logs)
        case .complete: step.complete(Int(input.detail), &logs)
        case .deadline: step.run(.deadlineReached, at: input.moment, &logs)
        case .propose: step.propose(input.detail, &logs)
        case .read: step.requestRead(UInt64(input.detail), sees: LogIndex(UInt64(input.number)), &logs)
        case .change: step.change(changes[Int(input.detail)], &logs)
        case .transfer: step.transfer(to: Int(input.detail), &logs)
        case .crash: step.crash(durable: Int(input.detail), &logs)
        case .forget: step.forget(&logs)
        case .snapshot: step.requestSnapshot(input.detail, &logs)
        case .errand: step.run(input.errand, at: input.moment, &logs)
        case .deliverUnknownKind: step.receiveUnknownKind(messages[Int(input.number)].envelope, &logs)
        case .deliverWithoutEntries: step.receiveWithoutEntries(messages[Int(input.number)].envelope, &logs)
        case .deliverFromEarlierLife: step.receiveFromEarlierLife(messages[Int(input.number)].envelope, &logs)
        }
        return step
    }

    // MARK: Whether servers that are taken for one state are one

    /// Gives both the same inputs and compares what comes of them.
    private mutating func audit(_ server: ModelServer, takenFor known: ModelServer) {
        var inputs = [LocalInput.propose(1), .read(1, sees: 0), .crash(durable: server.writes.count)]
        for moment in ModelMoment.allCases where server.engine.isArmed(moment) { inputs.append(.deadline(moment)) }
        for position in server.writes.indices { inputs.append(.complete(position)) }
        inputs.append(.snapshot(0))
        for errand in ModelErrand.allCases where server.errands.isDue(errand) {
            inputs.append(.errand(errand, at: .recent))
        }
        let sent = messages.indices.filter { messages[$0].to == server.slot }.suffix(6)
        for number in sent { inputs.append(.deliver(UInt32(number), at: .recent)) }
        for input in inputs {
            audits += 1
            let (one, other) = (step(input, on: known), step(input, on: server))
            func content(_ step: ServerStep) -> [UInt64] {
                [step.result.fingerprints(renaming, logs)[0]]
                    + (step.sends + step.heartbeats).map {
                        renaming.fingerprints(content: $0.fingerprint, names: [$0.from, $0.to])[0]
                    }
            }
            if content(one) != content(other) || one.violation?.property != other.violation?.property {
                wronglyTaken = "two servers are taken for one state, and differ after \(input)"
            }
        }
    }
}
