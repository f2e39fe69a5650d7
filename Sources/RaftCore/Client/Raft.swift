public import RaftMembership
public import RaftTracing

/// A running Raft node: the one way to talk to it.
///
/// Starts with `start`, ends with `shutdown`. Every call may be made from any task, and always ends: with a value, or with
/// a `RaftError` that says what happened.
public final class Raft<Machine: StateMachine>: Sendable {
    package let driver: Driver
    private let transport: any Transport
    private let ending: Ending
    private let machineLane: (any Lane)?
    private let storageLane: any Lane

    /// A node on parts that stand already. It takes no part before `begin`.
    package init(
        _ machine: Machine, _ opened: Opening.Opened, _ transport: any Transport, _ environment: any Environment,
        _ storageLane: any Lane, _ name: String, _ configuration: RaftConfiguration, _ clientAddresses: [String],
        _ tracer: Tracer, _ pulse: RaftPulse = RaftPulse()
    ) {
        let ending = Ending()
        let machineLane: (any Lane)? = machine.isInline ? nil : environment.makeLane(for: .machine)
        driver = Driver(
            engine: RaftEngine(
                configuration: configuration, group: .first, hardState: opened.hardState,
                recovered: opened.recovered, seed: environment.random()),
            environment: environment, transport: transport, storage: opened.storage, storageLane: storageLane,
            clusterName: name, clientAddresses: clientAddresses, tracer: tracer, pulse: pulse,
            makeApplier: { driver in
                MachineApplier(
                    machine: machine,
                    applied: opened.recovered.snapshot == nil ? opened.recovered.terms.base.index : .zero,
                    lane: machineLane ?? environment.driverLane, isInline: machineLane == nil,
                    storage: opened.storage, group: .first, configuration: configuration, gate: driver.readGate,
                    gauge: driver.sessionGauge, pulse: pulse, tally: driver.proposalTally,
                    clock: { environment.now().rawValue },
                    report: { [weak driver] report in
                        if let driver { return driver.take(report) }
                        if case .unproven(let read) = report { read.fail(Driver.ended) }
                    })
            },
            onFailure: { ending.end($0) })
        self.transport = transport
        self.ending = ending
        self.machineLane = machineLane
        self.storageLane = storageLane
        driver.awaitStart()
        tracer.info(
            .storageRecovered,
            "start \(opened.hardState.startCounter) in term \(opened.hardState.term), "
                + "entries \(opened.recovered.terms.base.index.next) to \(opened.recovered.terms.last.index)",
            [.term(opened.hardState.term.rawValue), .index(opened.recovered.terms.last.index.rawValue)])
    }

    /// Joins in: the transport listens by now.
    package func begin() {
        driver.begin()
        driver.tracer.notice(.nodeStarted, "node \(driver.node) of cluster \(driver.clusterName) runs")
    }

    /// Starts a node: opens its storage, counts the start, listens, and joins in once it has recovered.
    ///
    /// - Parameters:
    ///   - machine: the state before any command; commands that storage knows to be committed are applied again.
    ///   - id: this node's number; storage of another node is refused.
    ///   - name: the operator's name for the cluster; storage and peers of another name are refused.
    ///   - clientAddresses: where clients reach this node, told to peers so that any of them can name the leader's.
    ///   - pulse: signs of life, from the first step of opening the storage on.
    /// - Throws: `RaftError`, `StorageError` or `TransportError`, each with one line that says what would be right.
    public static func start(
        _ machine: Machine, as id: NodeID, cluster name: String = "raft", storage: StorageProvider,
        transport: TransportProvider, configuration: RaftConfiguration = RaftConfiguration(),
        clientAddresses: [String] = [], tracer: Tracer = .silent, pulse: RaftPulse = RaftPulse()
    ) async throws -> Raft {
        try configuration.validate()
        guard id.rawValue != 0, id.rawValue < wireBound else {
            throw RaftError(.configuration, "node id \(id) is not allowed: ids start at 1")
        }
        let tracer = tracer.with(.node(id.rawValue)).scoped(to: "core")
        let (transport, environment) = try transport.make(
            TransportContext(
                node: id, tracer: tracer.scoped(to: "transport"), maximumMessageBytes: configuration.maximumMessageBytes
            ))
        let storageLane = environment.makeLane(for: .storage)
        do {
            let opened = try await Opening.open(
                storage, StorageContext(node: id, clusterName: name, progressed: { pulse.recovered() }),
                on: storageLane, environment, configuration, tracer)
            let raft = Raft(
                machine, opened, transport, environment, storageLane, name, configuration, clientAddresses, tracer,
                pulse)
            do {
                try await transport.start(identity: raft.driver.identity, receiver: raft.driver)
            } catch {
                raft.machineLane?.stop()
                await Opening.close(opened.storage, on: storageLane)
                throw error
            }
            raft.begin()
            return raft
        } catch {
            await transport.shutdown()
            storageLane.stop()
            throw error
        }
    }

    // MARK: Forming a cluster

    /// Forms a cluster of exactly these members, this node among them, or waits until it is formed (rule M9).
    ///
    /// May be called on several of them at once, with the same members: the lowest id does the work, once every one of
    /// them has answered that it never belonged to a cluster; the others wait. On a node of a formed cluster of these
    /// members it returns at once. Cancelling the task ends the call, not the forming.
    ///
    /// - Returns: the identity of the cluster.
    /// - Throws: `RaftError` of code `formation`, with one line that names who prevents it.
    @discardableResult
    public func bootstrap(_ members: [NodeID: String]) async throws -> ClusterID {
        let id = driver.environment.random()
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                bootstrap(members.mapValues { [$0] }, as: id) { continuation.resume(with: $0) }
                // The handler of a task that was cancelled before has run already.
                if Task.isCancelled { driver.post(.cancelBootstrap(id)) }
            }
        } onCancel: {
            driver.post(.cancelBootstrap(id))
        }
    }

    /// The same for servers: calls back on the driver's lane.
    public func bootstrap(
        _ members: [NodeID: [String]], completion: @escaping @Sendable (Result<ClusterID, RaftError>) -> Void
    ) {
        bootstrap(members, as: driver.environment.random(), completion: completion)
    }

    private func bootstrap(
        _ members: [NodeID: [String]], as id: UInt64,
        completion: @escaping @Sendable (Result<ClusterID, RaftError>) -> Void
    ) {
        let named = members.map { FormationMember(id: $0.key, addresses: $0.value) }.sorted { $0.id < $1.id }
        post(.bootstrap(id, named, completion)) { completion(.failure($0)) }
    }

    // MARK: Proposals

    /// Has `command` applied on every member, in one order for all, and returns what this node's machine answered.
    ///
    /// Only the leader takes proposals. Cancelling the task does not end the call: the command is on its way.
    ///
    /// - Throws: `RaftError`; its `outcome` says whether the command was rejected, or may yet be applied (rule W1).
    public func propose(_ command: Machine.Command) async throws -> Machine.Output {
        try await propose(command, fence: nil)
    }

    func propose(_ command: Machine.Command, fence: Term?) async throws -> Machine.Output {
        let payload = try Machine.encode(command)
        try check(payload)
        // Most go without another function around them.
        guard driver.tracer.hasSpans else { return try await propose(payload, fence: fence) }
        return try await traced(.propose) { try await propose(payload, fence: fence, trace: $0) }
    }

    func propose(
        _ payload: [UInt8], fence: Term? = nil, session: SessionRequest? = nil, trace: TraceContext? = nil
    ) async throws -> Machine.Output {
        #if DEBUG
            return try await withCheckedThrowingContinuation {
                submit(
                    TaskProposal(payload: payload, fence: fence, session: session, trace: trace, continuation: $0))
            }
        #else
            return try await withUnsafeThrowingContinuation {
                submit(
                    TaskProposal(payload: payload, fence: fence, session: session, trace: trace, continuation: $0))
            }
        #endif
    }

    /// The same for servers that hold encoded commands: calls back on the driver's or the applier's lane, and must not
    /// block there.
    public func propose(
        encoded payload: [UInt8], completion: @escaping @Sendable (Result<Machine.Output, RaftError>) -> Void
    ) {
        do {
            try check(payload)
        } catch {
            completion(.failure(error))
            return
        }
        submit(CallbackProposal(payload: payload, completion: completion))
    }

    /// The same, with the command's index in the log.
    /// - Parameter trace: what has caused it.
    public func propose(
        encoded payload: [UInt8], trace: TraceContext? = nil,
        indexed completion: @escaping @Sendable (Result<(output: Machine.Output, index: LogIndex), RaftError>) -> Void
    ) {
        do {
            try check(payload)
        } catch {
            completion(.failure(error))
            return
        }
        submit(IndexedProposal(payload: payload, trace: trace, completion: completion))
    }

    func check(_ payload: [UInt8]) throws(RaftError) {
        let limit = driver.configuration.maximumCommandBytes
        guard payload.count <= limit else {
            throw RaftError(.tooLarge, "a command of \(payload.count) bytes exceeds the limit of \(limit)")
        }
    }

    func submit(_ proposal: Proposal) {
        switch driver.mailbox.post(proposal: proposal) {
        case .wake: driver.environment.driverLane.schedule(driver)
        case .wakeBehindOthers: driver.environment.driverLane.scheduleBehindOthers(driver)
        case .queued: break
        case .full: driver.proposalTally.fail(proposal, Driver.overloaded)
        case .closed: driver.proposalTally.fail(proposal, Self.stopped)
        }
    }

    // MARK: Metrics

    /// The node's state now and after every change; the latest value wins when the reader is slow. Ends with the node.
    public var metrics: AsyncStream<RaftMetrics> {
        let (stream, continuation) = AsyncStream.makeStream(of: RaftMetrics.self, bufferingPolicy: .bufferingNewest(1))
        subscribe(continuation)
        return stream
    }

    func subscribe(_ continuation: AsyncStream<RaftMetrics>.Continuation) {
        let id = driver.environment.random()
        continuation.onTermination = { [driver] _ in driver.post(.unsubscribe(id)) }
        post(.subscribe(continuation, id)) { _ in continuation.finish() }
    }

    /// The node's state now.
    public func metricsNow() async -> RaftMetrics {
        await withCheckedContinuation { continuation in status { continuation.resume(returning: $0) } }
    }

    /// The same for servers: calls back on the driver's lane.
    public func status(completion: @escaping @Sendable (RaftMetrics) -> Void) {
        post(.status(completion)) { [driver] _ in completion(driver.finalStatistics.metrics) }
    }

    // MARK: End

    /// Returns when the node was shut down, with nil, or has stopped itself, with the reason.
    public func waitUntilStopped() async -> RaftError? { await ending.wait() }

    /// Ends the node: calls that wait end as rejected or unknown, connections and files are closed. A disk that hangs
    /// does not hold it up for more than some seconds (rule D5). Idempotent.
    public func shutdown() async {
        driver.tracer.notice(.nodeStopping, "node \(driver.node) stops")
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            let once = Once { continuation.resume() }
            driver.environment.driverLane.schedule(
                Job { once.call() }, at: driver.environment.now() + 5_000_000_000)
            post(.stop { once.call() }) { _ in once.call() }
        }
        await transport.shutdown()
        machineLane?.stop()
        storageLane.stop()
        driver.stopSnapshotLanes()
        ending.end(nil)
        driver.tracer.notice(.nodeStopped, "node \(driver.node) has stopped")
        driver.tracer.flush()
    }

    func post(_ mail: Mail, orElse refuse: (RaftError) -> Void) {
        switch driver.mailbox.post(mail) {
        case .wake, .wakeBehindOthers: driver.environment.driverLane.schedule(driver)
        case .queued: break
        case .full, .closed: refuse(Self.stopped)
        }
    }

    static var stopped: RaftError { RaftError(.stopped, "the node was shut down") }
}
