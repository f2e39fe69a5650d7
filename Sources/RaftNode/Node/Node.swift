public import RaftCore
import CoreMetrics
import RaftMembership
import RaftMetricsExport
import RaftStorageLMDB
public import RaftTracing
import RaftThreads
public import ServiceLifecycle
import Synchronization

/// A running node, made from a configuration: storage, transport, machine, `Raft` and the server for clients.
///
/// As a `Service` it runs until it is asked to shut down gracefully or its task is cancelled, and then shuts down; or
/// until the node stops itself, and then throws why (rule D2).
public final class Node: Service {
    /// As it is in effect: see `reload`.
    public var configuration: NodeConfiguration { current.withLock { $0 } }
    public let raft: Raft<AnyStateMachine>
    let clients: ClientServer?
    private let metricsServer: MetricsServer?
    let metrics: NodeMetrics
    let tracer: Tracer
    let reporter: ServiceReporter
    /// Of the service thread.
    let alarms: AlarmThread
    /// What the node was started with.
    let initialSettings: ConfigurationSettings
    private let current: Mutex<NodeConfiguration>
    private let threads: NodeThreads

    private init(
        _ configuration: NodeConfiguration, _ raft: Raft<AnyStateMachine>, _ metrics: NodeMetrics,
        _ clients: ClientServer?, _ metricsServer: MetricsServer?, _ threads: NodeThreads, _ tracer: Tracer,
        _ reporter: ServiceReporter, _ alarms: AlarmThread
    ) {
        current = Mutex(configuration)
        initialSettings = configuration.settings
        self.raft = raft
        self.metrics = metrics
        self.clients = clients
        self.metricsServer = metricsServer
        self.threads = threads
        self.tracer = tracer
        self.reporter = reporter
        self.alarms = alarms
    }

    func adopt(_ change: (inout NodeConfiguration) -> Void) { current.withLock { change(&$0) } }

    /// Opens the storage, joins the transport and listens for clients. Nothing is left behind when it throws.
    /// - Parameters:
    ///   - configuration: checked already; read it with the same `registry`.
    ///   - registry: which modules there are.
    ///   - tracer: where records go; nil makes one as the configuration says.
    ///   - service: what a service manager handed to this process; by default there is none.
    /// - Throws: errors whose description is one line: `StorageError`, `TransportError`, `RaftError`,
    ///   `ConfigurationError`, `RegistryError`.
    public static func start(
        configuration: NodeConfiguration, registry: ModuleRegistry, tracer: Tracer? = nil,
        service: ServiceEnvironment = ServiceEnvironment()
    ) async throws -> Node {
        let isOwnTracer = tracer == nil
        let tracer = try tracer ?? TraceSetup.tracer(configuration, registry)
        let context = ModuleContext(configuration: configuration, tracer: tracer)
        let alarms = AlarmThread(name: "raft-service")
        let reporter = ServiceReporter(service, alarms, tracer)
        do {
            reporter.start()
            return try await start(context, registry, service, reporter, alarms)
        } catch {
            var reason = error
            if let problem = error as? ConfigurationProblem { reason = configuration.settings.error(problem) }
            reporter.fail(reason)
            reporter.end()
            tracer.flush()
            // A node that cannot start is tried again and again: what the one before recorded must outlive that.
            if isOwnTracer { tracer.recorder?.giveUpName() }
            throw reason
        }
    }

    private static func start(
        _ context: ModuleContext, _ registry: ModuleRegistry, _ service: ServiceEnvironment,
        _ reporter: ServiceReporter, _ alarms: AlarmThread
    ) async throws -> Node {
        var context = context
        let configuration = context.configuration
        let tracer = context.tracer
        for hint in configuration.hints {
            if hint.isIgnored {
                tracer.warning(.configurationIgnored, "\(hint)", [.reason(hint.message)])
            } else {
                tracer.notice(.configurationHint, "\(hint)", [.reason(hint.message)])
            }
        }
        let inherited = try InheritedSockets(service.sockets, configuration)
        context.inheritedDescriptors = inherited.peers
        let machine = try registry.machine(configuration.machineModule).make(context.scoped(to: "machine"))
        let storage = marked(
            try registry.storage(configuration.storageModule).make(context.scoped(to: "storage")), configuration)
        let transport = try registry.transport(configuration.transportModule).make(context.scoped(to: "transport"))
        let threads = NodeThreads(transport)
        let raft: Raft<AnyStateMachine>
        do {
            raft = try await Raft.start(
                machine, as: configuration.id, cluster: configuration.cluster, storage: storage,
                transport: transport.provider, configuration: configuration.raft,
                clientAddresses: configuration.clientsListen, tracer: tracer, pulse: reporter.pulse)
        } catch {
            await threads.end()
            throw error
        }
        let metrics = NodeMetrics(raft: raft, tracer: tracer)
        var clients: ClientServer?
        do {
            clients = try await serveClients(raft, metrics, context, inherited, threads)
            let metricsServer = try await serveMetrics(metrics, context, threads)
            return Node(configuration, raft, metrics, clients, metricsServer, threads, tracer, reporter, alarms)
        } catch {
            await clients?.shutdown()
            await raft.shutdown()
            await threads.end()
            throw error
        }
    }

    private static func serveClients(
        _ raft: Raft<AnyStateMachine>, _ metrics: NodeMetrics, _ context: ModuleContext,
        _ inherited: InheritedSockets, _ threads: NodeThreads
    ) async throws -> ClientServer? {
        let configuration = context.configuration
        guard !configuration.clientsListen.isEmpty else { return nil }
        var limits = ClientLimits(maximumCommandBytes: configuration.raft.maximumCommandBytes)
        limits.allowInsecureTCP = configuration.clientsAllowInsecureTCP
        limits.maximumConnections = configuration.clientsMaximumConnections
        limits.drainTimeout = .nanoseconds(Int64(configuration.clientsDrain))
        let clients = ClientServer(
            raft: raft, eventLoop: threads.eventLoopForClients(), tracer: context.tracer.scoped(to: "clients"),
            limits: limits, machine: configuration.machineModule, metrics: metrics)
        do {
            try await clients.start(
                listening: configuration.clientsListen.map { try RaftAddress($0) }, inherited: inherited.clients)
            return clients
        } catch {
            await clients.shutdown()
            throw error
        }
    }

    private static func serveMetrics(
        _ metrics: NodeMetrics, _ context: ModuleContext, _ threads: NodeThreads
    ) async throws -> MetricsServer? {
        let configuration = context.configuration
        guard !configuration.metricsListen.isEmpty else { return nil }
        var limits = MetricsLimits()
        limits.allowInsecureTCP = configuration.metricsAllowInsecureTCP
        let server = MetricsServer(
            eventLoop: threads.eventLoopForMetrics(), limits: limits, tracer: context.tracer,
            ask: { metrics.report($0) })
        try await server.start(listening: configuration.metricsListen.map { try RaftAddress($0) })
        return server
    }

    /// A storage that has no mark of its own gets one where the configuration says (rule M10).
    static func marked(_ storage: StorageProvider, _ configuration: NodeConfiguration) -> StorageProvider {
        guard storage.mark == nil, configuration.storageModule != "memory", let path = configuration.mark else {
            return storage
        }
        return storage.marked(by: FileMarkStore(at: path))
    }

    /// Serves until shut down; see the type.
    /// - Throws: `RaftError`, why the node stopped itself.
    public func run() async throws {
        let failure = await withTaskGroup(of: End.self) { group in
            group.addTask { .stopped(await self.raft.waitUntilStopped()) }
            group.addTask {
                // Throws when the task is cancelled, which asks for the same.
                try? await gracefulShutdown()
                return .asked
            }
            if configuration.bootstrap {
                group.addTask {
                    await self.form()
                    return .formed
                }
            }
            // Whoever has a backend has bootstrapped it by now.
            let backend = MetricsSystem.factory
            if !(backend is NOOPMetricsHandler) {
                group.addTask {
                    await self.publish(to: backend)
                    return .serving
                }
            }
            group.addTask {
                await self.reportWhenServing()
                return .serving
            }
            var failure: RaftError?
            ending: for await end in group {
                switch end {
                case .formed, .serving: continue
                case .stopped(let error):
                    failure = error
                    self.reporter.stop(error)
                case .asked:
                    self.reporter.stop()
                    await self.handOver()
                }
                break ending
            }
            group.cancelAll()
            // Ends the tasks that are left: a stopped node answers everybody who waits for it.
            await self.shutdown()
            return failure
        }
        if let failure { throw failure }
    }

    /// The node serves when it listens and its machine has again all that was known to be committed here: from its own
    /// disk, so that no other node is waited for.
    private func reportWhenServing() async {
        let first = await raft.metricsNow()
        do {
            try await raft.waitFor("the machine to be restored") { $0.appliedIndex >= first.commitIndex }
        } catch {
            // The node ends.
            return
        }
        let raft = raft
        reporter.serve(.init(beat: { raft.beat() }, status: { raft.status(completion: $0) }))
    }

    /// Stops serving and closes everything, without handing over. Idempotent.
    public func shutdown() async {
        await metricsServer?.shutdown()
        await clients?.shutdown()
        await raft.shutdown()
        await threads.end()
        reporter.end()
        tracer.flush()
    }

    private func publish(to backend: any MetricsFactory) async {
        let exporter = RaftMetricsExporter(
            dimensions: [("node", "\(configuration.id)")], factory: backend
        ) { [metrics] in await metrics.report() }
        await exporter.run(every: .nanoseconds(configuration.metricsInterval))
    }

    private enum End: Sendable {
        case asked
        case stopped(RaftError?)
        case formed
        case serving
    }

    /// Takes part in forming the cluster, unless this node has history (rule M9). The lowest id asks the others, and
    /// asks again while some do not answer; a refusal is final, recorded, and the node goes on unformed.
    private func form() async {
        let metrics = await raft.metricsNow()
        guard metrics.cluster == nil, metrics.lastIndex == .zero else { return }
        var members: [NodeID: [String]] = [:]
        for member in configuration.members { members[member.id] = [member.address] }
        let completion = AsyncStream.makeStream(of: Result<ClusterID, RaftError>.self)
        raft.bootstrap(members) { result in
            completion.continuation.yield(result)
            completion.continuation.finish()
        }
        // Ends with the outcome, or when the task is cancelled.
        for await result in completion.stream {
            guard case .failure(let error) = result else { return }
            // The rest was recorded where it happened.
            if error.code == .configuration { tracer.error(.formationRefused, "\(error)", [.reason(error.message)]) }
        }
    }
}
