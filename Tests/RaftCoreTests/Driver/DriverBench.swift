@testable import RaftCore
import RaftMembership
import RaftTracing
import Synchronization

/// A driver in a world that stands still until the test moves it.
final class DriverBench {
    /// How calls ended, in order.
    final class Outcomes<Value: Sendable>: Sendable {
        private let list = Mutex<[Result<Value, RaftError>]>([])
        var results: [Result<Value, RaftError>] { list.withLock { $0 } }
        var values: [Value] { results.compactMap { try? $0.get() } }
        var errors: [RaftError] { results.compactMap { if case .failure(let error) = $0 { error } else { nil } } }
        func append(_ result: Result<Value, RaftError>) { list.withLock { $0.append(result) } }
    }

    let environment = ManualEnvironment()
    let transport = RecordingTransport()
    let storage: CountingStorage
    let driver: Driver
    let failures = Outcomes<Never>()
    let proposals = Outcomes<Int>()
    let reads = Outcomes<ListMachine>()

    init(
        _ membership: Membership = TestEngine.membership([1]), commitsInstantly: Bool = false, isInline: Bool = true,
        configuration: RaftConfiguration = RaftConfiguration(), marks: MarkHistory? = nil,
        tracer: Tracer = .silent
    ) throws {
        self.storage = CountingStorage(commitsInstantly: commitsInstantly)
        var hard = HardState(cluster: TestEngine.cluster, member: TestEngine.member(1), term: 1)
        let storage: any LogStorage
        if let marks {
            storage = try marks.open(commitsInstantly: commitsInstantly)
            _ = try storage.recover(.first)
            hard.startCounter = 1
        } else {
            storage = self.storage
        }
        try storage.commit([
            StorageBatch(group: .first, entries: TestEngine.log([], [membership]), hardState: hard)
        ])
        let engine = RaftEngine(
            configuration: configuration, group: .first, hardState: hard,
            recovered: try (marks.map { try $0.data($0.last) } ?? storage).recover(.first), seed: 1)
        let environment = environment
        let failures = failures
        driver = Driver(
            engine: engine, environment: environment, transport: transport, storage: storage,
            storageLane: environment.storage, clusterName: "test", clientAddresses: [], tracer: tracer,
            makeApplier: { driver in
                MachineApplier(
                    machine: ListMachine(isInline: isInline), applied: 0,
                    lane: isInline ? environment.driver : environment.machine, isInline: isInline, storage: storage,
                    group: .first, configuration: RaftConfiguration(), gate: driver.readGate, pulse: driver.pulse,
                    tally: driver.proposalTally,
                    report: { [weak driver] in driver?.take($0) })
            },
            onFailure: { failures.append(.failure($0)) })
        driver.awaitStart()
        driver.begin()
        settle()
    }

    var engine: RaftEngine { driver.engine }

    /// Runs all lanes until nothing is queued.
    func settle() {
        while !(environment.driver.isIdle && environment.storage.isIdle && environment.machine.isIdle) {
            environment.driver.run()
            environment.storage.run()
            environment.machine.run()
        }
    }

    /// The time comes for which the driver set its timer.
    func ring() {
        guard let alarm = environment.driver.alarm else { return }
        environment.set(max(alarm, environment.now()))
        environment.driver.ring()
        environment.driver.run()
    }

    func receive(_ message: Message, from sender: UInt64 = 2, trace: TraceContext? = nil) {
        driver.received([
            Envelope(
                group: .first, from: TestEngine.member(sender), to: engine.member, message: message, trace: trace)
        ])
    }

    /// Leads, with the first entry of its term committed.
    func lead() {
        for _ in 0..<20 where engine.role == .follower { ring() }
        settle()
        guard engine.membership.voters.count > 1 else { return }
        for isPreVote in [true, false] {
            let term = isPreVote ? engine.term.next : engine.term
            receive(
                .voteReply(
                    VoteReply(
                        term: engine.term, askedTerm: term, round: engine.campaign, isPreVote: isPreVote,
                        isGranted: true)))
            settle()
        }
        acknowledge()
        _ = transport.take()
    }

    /// Peer 2 has all of the log.
    func acknowledge() {
        let progress = engine.progress[1]
        receive(
            .appendReply(
                AppendReply(
                    term: engine.term, stream: progress.stream, sequence: progress.sequence,
                    outcome: .matched(engine.log.last.index))))
        settle()
    }

    /// Peer 2 answers the last heartbeat, with all of the log.
    func answerHeartbeat() {
        let last = engine.log.last.index
        receive(
            .heartbeatReply(
                HeartbeatReply(
                    term: engine.term, stream: engine.progress[1].stream, round: engine.reads.round, hasMatch: true,
                    accepted: last, matched: last)))
        settle()
    }

    func propose(_ commands: UInt8...) {
        for command in commands {
            let proposal = CallbackProposal<Int>(payload: [command]) { [proposals] in proposals.append($0) }
            driver.wake(driver.mailbox.post(proposal: proposal))
        }
    }

    func read(_ kind: ReadKind = .linearizable) {
        driver.wake(driver.mailbox.post(read: TypedRead<ListMachine>(kind) { [reads] in reads.append($0) }))
    }

    /// A shutdown; true when it was reported.
    func stop() -> Bool {
        let ended = Outcomes<Bool>()
        driver.post(.stop { ended.append(.success(true)) })
        settle()
        return !ended.values.isEmpty
    }
}
