import RaftCore
import RaftKeyValue
import RaftMemory
import RaftStorageLMDB
import RaftTracing
import RaftTracingJournald
import RaftTransportUnix

/// The modules that come with this package. They register as anybody's would, through the public functions.
public enum BuiltinModules {
    /// The release of the package, which is the version of its modules too.
    public static let version = "0.1.0"

    public static func register(into registry: inout ModuleRegistry) throws(RegistryError) {
        try registerStorage(&registry)
        try registerTransport(&registry)
        try registry.register(MachineModule(name: "keyvalue", version: version) { _ in KeyValueMachine() })
        try registerSinks(&registry)
    }

    private static func registerStorage(_ registry: inout ModuleRegistry) throws(RegistryError) {
        try registry.register(
            StorageModule(
                name: "lmdb", version: version, validate: { _ = try directory($0) }, inspect: InspectionReport.lmdb
            ) { context in
                .lmdb(at: try directory(context), mark: context.configuration.mark, tracer: context.tracer)
            })
        try registry.register(StorageModule(name: "memory", version: version) { _ in .memory })
    }

    private static func directory(_ context: ModuleContext) throws -> String {
        guard let directory = context.configuration.dataDirectory else {
            throw ConfigurationProblem(
                "node.data", "is not given and storage lmdb needs it: the directory of this node's data")
        }
        return directory
    }

    private static func registerTransport(_ registry: inout ModuleRegistry) throws(RegistryError) {
        let insecure = ConfigurationKey(
            "transport.allowInsecureTCP", .boolean, standard: .boolean(false),
            summary: "Allow TCP beyond loopback, in clear text, where the network itself is protected")
        try registry.register(
            TransportModule(name: "unix", version: version, keys: [insecure], validate: UnixAddresses.check) {
                context in
                var options = UnixTransportOptions()
                options.allowInsecureTCP = try context.settings.boolean(insecure.name)
                options.inheritedDescriptors = context.inheritedDescriptors
                let environment = EventLoopEnvironment()
                return ConfiguredTransport(
                    .unix(
                        listeningOn: context.configuration.listen, options: options, environment: environment),
                    eventLoop: environment.eventLoop, release: { environment.driverLane.stop() })
            })
    }

    private static func registerSinks(_ registry: inout ModuleRegistry) throws(RegistryError) {
        try registry.register(
            TraceSinkModule(name: "journald", version: version) { _ in
                JournaldSink(identifier: "raftd", fallback: StandardErrorSink(format: .text))
            })
        try registry.register(
            TraceSinkModule(name: "stderr", version: version) { _ in StandardErrorSink(format: .text) })
        try registry.register(
            TraceSinkModule(name: "json", version: version) { _ in StandardErrorSink(format: .json) })
    }
}
