import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import RaftNode
import ServiceLifecycle
import UnixSignals

/// `raftd run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the node until SIGTERM or SIGINT. SIGHUP reads the configuration again.",
        discussion: "Exits 0 after a shutdown, 1 when it cannot start, 64 when the configuration is wrong, "
            + "65 when the data is gone, older than it was, or a copy, and nobody could take the node in again, 70 when the node "
            + "stopped itself.")

    @OptionGroup var options: ConfigurationOptions

    func run() async throws {
        // A client that goes away while it is being answered is no reason to end.
        signal(SIGPIPE, SIG_IGN)
        // Until somebody takes it as a wish to reload.
        signal(SIGHUP, SIG_IGN)
        signal(SIGUSR1, SIG_IGN)
        raiseDescriptorLimit()
        let registry = try makeRegistry()
        let file = options.file
        let service = ServiceEnvironment(variables: ProcessInfo.processInfo.environment)
        let node: Node
        do {
            node = try await Node.start(
                configuration: try file.load(registry), registry: registry, service: service)
        } catch let error as ConfigurationError {
            report(error)
            throw ExitStatus.usage
        } catch {
            report(error)
            throw Node.isAmnesia(error) ? ExitStatus.amnesiac : ExitStatus.failed
        }
        // The node's own records tell the story; the group's are of its workings.
        let logger = Logger(label: "raftd", factory: { _ in SwiftLogNoOpLogHandler() })
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: node), .init(service: Reloading(node: node) { try file.load(registry) }),
                    .init(service: TraceLevelSignal(node: node)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        do {
            try await group.run()
        } catch {
            report(error)
            // One that was told of its amnesia has begun another life: started again, it is taken in.
            throw ExitStatus.stoppedItself
        }
    }

    /// Clients, peers and files share the descriptors: as many as the system allows without asking.
    private func raiseDescriptorLimit() {
        var limit = rlimit()
        let descriptors = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(descriptors, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(descriptors, &limit)
    }
}
