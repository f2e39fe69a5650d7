import RaftCore
import RaftMembership

/// A call of an administrator.
struct AdministrationCall {
    var life: SimulatedLife
    var what: String
    var hasEnded = false
}

// What administrators do while all else goes wrong: they change who belongs, and have others lead.
extension ClusterCore {
    func administrate(_ fault: PlannedFault, _ leader: SimulatedNode) {
        // Now and then on a server that does not lead: it says so.
        let node = fault.salt % 16 == 0 ? nodes[fault.node] : leader
        guard let life = node.life, let driver = life.driver else { return }
        switch fault.kind {
        case .changeMembership: change(fault, life, driver)
        case .transfer:
            let target: NodeID? = fault.salt % 3 == 0 ? nil : nodes[fault.other].id
            transfer(life, driver, to: target, givesUp: false)
        default: transfer(life, driver, to: nil, givesUp: true)
        }
    }

    private func begin(_ life: SimulatedLife, _ what: String) -> Int {
        administration.append(AdministrationCall(life: life, what: "\(what) on node \(life.node.id)"))
        return administration.count - 1
    }

    /// False when the process is dead, so that nobody hears it.
    private func end(_ number: Int) -> Bool {
        if administration[number].life.isDead { return false }
        if administration[number].hasEnded { world.fail("W1", "\(administration[number].what) ended twice") }
        administration[number].hasEnded = true
        return true
    }

    private func change(_ fault: PlannedFault, _ life: SimulatedLife, _ driver: Driver) {
        var random = SeededRandom(seed: fault.salt, of: .administrator)
        let membership = driver.engine.membership
        // Who takes a vote from one member while another has just lost its data may be left without a majority (rule Q1).
        guard !membership.isEmpty, membership.members.allSatisfy({ properties.isIntact($0.member) }) else { return }
        let changes = wishes(membership, &random)
        let expected = random.chance(100) ? properties.committedConfiguration.id : nil
        change(ChangeRequest(changes, expected: expected), life, driver)
    }

    /// - Parameter ended: told what came of it, unless the process is dead by then.
    func change(
        _ request: ChangeRequest, _ life: SimulatedLife, _ driver: Driver,
        _ ended: @escaping @Sendable (Result<LoggedMembership, RaftError>) -> Void = { _ in }
    ) {
        let number = begin(life, "a change of membership (\(request.changes))")
        driver.requestChange(request) { [unowned self] result in
            guard end(number) else { return }
            changed(result)
            ended(result)
        }
    }

    private func changed(_ result: Result<LoggedMembership, RaftError>) {
        switch result {
        case .success(let logged):
            world.coverage.add(.changeDone)
            let isCommitted =
                properties.configuration(in: properties.committedTerms, through: logged.id.index) == logged
            if !isCommitted {
                world.fail(
                    "M3", "a change is said to be done by the configuration of \(logged.id), which is not committed")
            }
        case .failure(let error) where error.code == .changeRefused: world.coverage.add(.changeRefused)
        case .failure(let error) where error.outcome == .rejected: world.coverage.add(.changeRejected)
        case .failure: world.coverage.add(.changeUnknown)
        }
    }

    func transfer(
        _ life: SimulatedLife, _ driver: Driver, to target: NodeID?, givesUp: Bool,
        _ ended: @escaping @Sendable (Result<NodeID, RaftError>) -> Void = { _ in }
    ) {
        let number = begin(life, "a transfer of leadership")
        driver.requestTransfer(to: target, givesUp: givesUp) { [unowned self] result in
            guard end(number) else { return }
            switch result {
            case .success(let leader):
                world.coverage.add(.transferDone)
                if let target, target != leader {
                    world.fail("T1", "leadership is said to be with \(leader), and was to go to \(target)")
                }
            case .failure: world.coverage.add(.transferFailed)
            }
            ended(result)
        }
    }

    func askForSnapshot(
        _ node: SimulatedNode, compacts: Bool,
        _ ended: @escaping @Sendable (Result<(snapshot: Snapshot, purged: LogIndex), RaftError>) -> Void = { _ in }
    ) {
        guard let life = node.life, let driver = life.driver else { return }
        let applied = node.applied
        let number = begin(life, compacts ? "a call to compact" : "a call for a snapshot")
        driver.requestSnapshot(compacts: compacts) { [unowned self] result in
            guard end(number) else { return }
            switch result {
            case .success(let (snapshot, purged)):
                world.coverage.add(.snapshotDone)
                if snapshot.last.index < applied {
                    world.fail("S1", "a snapshot is said to cover \(applied), and is of \(snapshot.last)")
                }
                if node.disk.image.snapshot?.id != snapshot.id, node.damage == nil,
                    node.disk.image.snapshot?.last.index ?? .zero <= snapshot.last.index
                {
                    world.fail("D1", "a snapshot is said to be taken, which is not durable: \(snapshot.id)")
                }
                if purged > snapshot.last.index {
                    world.fail("S1", "the log is cut after \(purged), behind snapshot \(snapshot.id)")
                }
            case .failure: world.coverage.add(.snapshotRefused)
            }
            ended(result)
        }
    }

    /// What somebody might want of a cluster like this one.
    private func wishes(_ membership: Membership, _ random: inout SeededRandom) -> [MembershipChange] {
        let strangers = nodes.map(\.id).filter { membership.slot(of: $0) == nil }
        let learners = membership.members.map(\.member.id).filter { !membership.isVoter($0) }
        func addresses(_ id: NodeID) -> [String] { ["memory:\(id)"] }
        var wishes: [MembershipChange] = []
        // Large clusters shrink, small ones grow.
        if let newcomer = strangers.isEmpty ? nil : random.pick(strangers),
            random.chance(membership.members.count < 4 ? 600 : 250)
        {
            wishes.append(.add(newcomer, addresses: addresses(newcomer), as: kind(for: newcomer, &random)))
        }
        switch random.next(in: 0...9) {
        case 0...2 where wishes.isEmpty || random.chance(500):
            wishes.append(.remove(random.pick(membership.members).member.id))
        case 3: if let learner = learners.first { wishes.append(.promote(learner)) }
        case 4: if membership.voters.count > 1 { wishes.append(.demote(random.pick(membership.voters))) }
        case 5:
            // Now and then what cannot be: nobody among them has a full copy (rule X1).
            let witnesses = membership.voters.filter { membership.kind(of: $0) == .witness }
            let ids =
                !witnesses.isEmpty && random.chance(400)
                ? witnesses : membership.members.map(\.member.id).filter { _ in random.chance(600) }
            wishes = [.setVoters(ids)]
        case 6:
            wishes = strangers.map { .add($0, addresses: addresses($0), as: kind(for: $0, &random)) }
            if !wishes.isEmpty { wishes.append(.setVoters(strangers)) }
        case 7:
            let member = random.pick(membership.members).member.id
            wishes.append(.setAddresses(member, addresses(member) + ["memory:\(member)-\(random.next(in: 0...9))"]))
        default: break
        }
        if wishes.isEmpty { wishes = [.remove(random.pick(membership.members).member.id)] }
        return wishes
    }

    /// Mostly what its data allow: a former witness comes back as one.
    private func kind(for newcomer: NodeID, _ random: inout SeededRandom) -> MemberKind {
        let copy = nodes.first { $0.id == newcomer }?.disk.image.copy
        if let copy, random.chance(800) {
            return copy == .positions ? .witness : random.chance(700) ? .voter : .learner
        }
        return random.pick([.voter, .voter, .voter, .learner, .witness])
    }

    /// Calls on living processes that never ended; nil when there are none.
    func openAdministration() -> String? {
        administration.first { !$0.hasEnded && !$0.life.isDead }.map { "\($0.what) never ended" }
    }
}
