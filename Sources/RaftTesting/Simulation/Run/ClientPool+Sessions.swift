import RaftCore
import RaftMembership

// Clients that use sessions (D§6.3): an operation whose outcome is unknown is tried again until it is known, and counts
// once in the history (rule W4).
extension ClientPool {
    struct Session {
        var opened: OpenedSession?
        var serials = SessionSerials(SessionLimits())
        var pending: Pending?
        /// Its own chances, so that other clients' stay what they are.
        var random: SeededRandom
    }

    /// An operation, over all attempts at it.
    struct Pending {
        var operation: Work.Operation
        var payload: [UInt8]
        var serial: UInt64
        var invoked: UInt64
        /// An attempt may have been applied.
        var isUnknown = false
        /// It was answered; another attempt follows all the same, as when an answer is lost.
        var isAnswered = false
    }

    /// Some of the clients.
    static func session(of client: Int, _ plan: SimulationPlan) -> Session? {
        var random = SeededRandom(seed: plan.seed, of: .session, client)
        return random.chance(400) ? Session(random: random) : nil
    }

    /// What a client with a session does next; false when it has to begin an operation first.
    func attempt(_ client: Int, _ life: SimulatedLife, _ raft: SimulatedCluster<Work.Machine>.Node) -> Bool {
        guard let session = clients[client].session else { return false }
        let number = calls.count
        if session.opened == nil {
            calls.append(
                Call(client: client, operation: nil, invoked: cluster.now, mustSee: .zero, life: life))
            clients[client].waitsFor = number
            raft.openSession { [unowned self] in opened(number, $0) }
        } else if let pending = session.pending {
            send(pending, number, client, life, raft)
        } else {
            return false
        }
        wait(for: number)
        return true
    }

    /// Begins an operation in the client's session, if it has one.
    func begin(
        _ operation: Work.Operation, _ payload: [UInt8], _ client: Int, _ life: SimulatedLife,
        _ raft: SimulatedCluster<Work.Machine>.Node
    ) -> Bool {
        guard let serial = clients[client].session?.serials.take() else { return false }
        let pending = Pending(operation: operation, payload: payload, serial: serial, invoked: cluster.now)
        clients[client].session?.pending = pending
        let number = calls.count
        send(pending, number, client, life, raft)
        wait(for: number)
        return true
    }

    private func send(
        _ pending: Pending, _ number: Int, _ client: Int, _ life: SimulatedLife,
        _ raft: SimulatedCluster<Work.Machine>.Node
    ) {
        guard let session = clients[client].session, let opened = session.opened else { return }
        var call = Call(
            client: client, operation: pending.operation, invoked: pending.invoked, mustSee: .zero, life: life)
        call.payload = pending.payload
        call.session = SessionCall(
            session: opened.id, serial: pending.serial, lowestUnanswered: session.serials.lowestUnanswered)
        calls.append(call)
        clients[client].waitsFor = number
        guard let sessionCall = call.session else { return }
        raft.propose(encoded: pending.payload, as: sessionCall, indexed: { [unowned self] in proposed(number, $0) })
    }

    private func opened(_ number: Int, _ result: Result<OpenedSession, RaftError>) {
        guard end(number) else { return }
        switch result {
        case .success(let opened):
            core.world.coverage.add(.sessionOpened)
            guard !calls[number].isSettled else { return }
            calls[number].isSettled = true
            let client = calls[number].client
            clients[client].session?.opened = opened
            clients[client].session?.serials = SessionSerials(opened.limits)
            clients[client].target = calls[number].life.node.index
            goOn(number)
        case .failure(let error): reject(number, error)
        }
    }

    /// An attempt has an answer.
    func settleAttempt(_ number: Int, _ answer: Work.Answer) {
        let client = calls[number].client
        guard var session = clients[client].session, let pending = session.pending,
            calls[number].session?.serial == pending.serial
        else { return }
        if !pending.isAnswered {
            completed += 1
            history.append(
                WorkloadRecord(
                    client: client, operation: pending.operation, answer: answer, invoked: pending.invoked,
                    returned: cluster.now))
        }
        if !pending.isAnswered, session.random.chance(150) {
            session.pending?.isAnswered = true
        } else {
            session.serials.end(pending.serial)
            session.pending = nil
        }
        clients[client].session = session
    }

    /// An attempt has no answer, and may have been applied. Now and then the client gives up on the operation.
    func attemptIsUnknown(_ number: Int) {
        let client = calls[number].client
        guard var session = clients[client].session, session.pending != nil, calls[number].session != nil else {
            return
        }
        session.pending?.isUnknown = true
        let givesUp = session.random.chance(100)
        clients[client].session = session
        if givesUp { giveUpOperation(of: client) }
    }

    /// An attempt was not applied.
    func attemptWasRejected(_ number: Int, _ error: RaftError) {
        let client = calls[number].client
        guard var session = clients[client].session, let pending = session.pending, calls[number].session != nil
        else { return }
        if error.code == .sessionExpired {
            core.world.coverage.add(.sessionExpired)
            giveUpOperation(of: client)
            clients[client].session?.opened = nil
            return
        }
        let givesUp = session.random.chance(300)
        clients[client].session = session
        // What was never sent but in vain never happened.
        if !pending.isUnknown, givesUp { giveUpOperation(of: client) }
    }

    private func giveUpOperation(of client: Int) {
        guard let pending = clients[client].session?.pending else { return }
        clients[client].session?.serials.end(pending.serial)
        clients[client].session?.pending = nil
        recordUnknown(pending, client)
    }

    private func recordUnknown(_ pending: Pending, _ client: Int) {
        guard pending.isUnknown, !pending.isAnswered else { return }
        unknown += 1
        history.append(
            WorkloadRecord(
                client: client, operation: pending.operation, answer: nil, invoked: pending.invoked, returned: nil))
    }

    /// Operations that the end of the run cut off.
    func closeHistory() {
        for client in clients.indices {
            if let pending = clients[client].session?.pending { recordUnknown(pending, client) }
        }
    }

    /// The answer is that of the first attempt that was applied: the same command, and the same output.
    func checkFirst(_ call: SessionCall, _ output: Work.Machine.Output, at index: LogIndex) {
        let entry = core.properties.committedEntry(at: index)?.extensions(at: 0)?.call
        guard entry?.session == call.session, entry?.serial == call.serial else {
            core.world.fail("W4", "command \(call.serial) of session \(call.session) is answered with entry \(index)")
            return
        }
        guard let known = core.properties.outputs[index] else { return }
        if let bytes = try? Work.Machine.encodeOutput(output), bytes != known {
            core.world.fail("W4", "an attempt at \(index) is answered otherwise than the first")
        }
    }
}
