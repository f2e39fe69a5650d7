public import NIOCore
public import RaftCore
public import RaftTracing

/// What a module is for.
public enum ModuleKind: String, Hashable, Sendable, CaseIterable, CustomStringConvertible {
    case storage
    case transport
    case machine
    case traceSink = "trace sink"

    /// The section of the configuration in which a module's keys stand.
    var section: String { self == .traceSink ? "tracing" : rawValue }

    public var description: String { rawValue }
}

/// A place for the log.
public struct StorageModule: Sendable {
    public var name: String
    public var version: String
    public var keys: [ConfigurationKey]
    let validate: @Sendable (ModuleContext) throws -> Void
    let make: @Sendable (ModuleContext) throws -> StorageProvider
    let inspect: (@Sendable (String) throws -> InspectionReport)?

    /// - Parameters:
    ///   - name: what the configuration chooses it by; letters, digits, points, hyphens and underscores.
    ///   - version: for `raftd plugins`.
    ///   - keys: what the module adds to the configuration; their names begin with `storage.`.
    ///   - validate: throws `ConfigurationProblem` for values that are impossible together. Opens nothing.
    ///   - inspect: reads the data directory of a stopped node, for `raftd inspect`; throws `StorageError` when there is
    ///     nothing to report. Nil where there is no such thing.
    ///   - make: called once, at start.
    public init(
        name: String, version: String, keys: [ConfigurationKey] = [],
        validate: @escaping @Sendable (ModuleContext) throws -> Void = { _ in },
        inspect: (@Sendable (_ directory: String) throws -> InspectionReport)? = nil,
        make: @escaping @Sendable (ModuleContext) throws -> StorageProvider
    ) {
        self.name = name
        self.version = version
        self.keys = keys
        self.validate = validate
        self.inspect = inspect
        self.make = make
    }

    /// Reads the data directory of a stopped node.
    /// - Throws: `StorageError` when there is nothing to report; `RegistryError` when the module cannot do this.
    public func inspection(of directory: String) throws -> InspectionReport {
        guard let inspect else { throw RegistryError("storage \(name) leaves nothing behind that could be inspected") }
        return try inspect(directory)
    }
}

/// A way for members to talk.
public struct TransportModule: Sendable {
    public var name: String
    public var version: String
    public var keys: [ConfigurationKey]
    let validate: @Sendable (ModuleContext) throws -> Void
    let make: @Sendable (ModuleContext) throws -> ConfiguredTransport

    /// - Parameters:
    ///   - name: what the configuration chooses it by; letters, digits, points, hyphens and underscores.
    ///   - version: for `raftd plugins`.
    ///   - keys: what the module adds to the configuration; their names begin with `transport.`.
    ///   - validate: throws `ConfigurationProblem` for addresses that are none, and the like. Opens nothing.
    ///   - make: called once, at start.
    public init(
        name: String, version: String, keys: [ConfigurationKey] = [],
        validate: @escaping @Sendable (ModuleContext) throws -> Void = { _ in },
        make: @escaping @Sendable (ModuleContext) throws -> ConfiguredTransport
    ) {
        self.name = name
        self.version = version
        self.keys = keys
        self.validate = validate
        self.make = make
    }
}

/// A transport, and the event loop on which it runs the driver, if it has one: clients are then served on that loop,
/// which spares every request two hops between threads.
public struct ConfiguredTransport: Sendable {
    public var provider: TransportProvider
    public var eventLoop: (any EventLoop)?
    /// Ends what was started for the provider, such as a thread; called once, after the node was shut down or when it
    /// cannot start.
    public var release: @Sendable () -> Void

    public init(
        _ provider: TransportProvider, eventLoop: (any EventLoop)? = nil, release: @escaping @Sendable () -> Void = {}
    ) {
        self.provider = provider
        self.eventLoop = eventLoop
        self.release = release
    }
}

/// Something to run on the cluster.
public struct MachineModule: Sendable {
    public var name: String
    public var version: String
    public var keys: [ConfigurationKey]
    let validate: @Sendable (ModuleContext) throws -> Void
    let make: @Sendable (ModuleContext) throws -> AnyStateMachine

    /// - Parameters:
    ///   - name: what the configuration chooses it by; letters, digits, points, hyphens and underscores.
    ///   - version: for `raftd plugins`.
    ///   - keys: what the module adds to the configuration; their names begin with `machine.`.
    ///   - validate: throws `ConfigurationProblem` for values that are impossible together. Opens nothing.
    ///   - make: a machine in its first state; called once, at start.
    public init<Machine: QueryableStateMachine>(
        name: String, version: String, keys: [ConfigurationKey] = [],
        validate: @escaping @Sendable (ModuleContext) throws -> Void = { _ in },
        make: @escaping @Sendable (ModuleContext) throws -> Machine
    ) {
        self.name = name
        self.version = version
        self.keys = keys
        self.validate = validate
        self.make = { AnyStateMachine(try make($0)) }
    }
}

/// A place for trace records.
public struct TraceSinkModule: Sendable {
    public var name: String
    public var version: String
    public var keys: [ConfigurationKey]
    let make: @Sendable (ModuleContext) throws -> any TraceSink

    /// - Parameters:
    ///   - name: what the configuration chooses it by; letters, digits, points, hyphens and underscores.
    ///   - version: for `raftd plugins`.
    ///   - keys: what the module adds to the configuration; their names begin with `tracing.`.
    ///   - make: called once, before everything else.
    public init(
        name: String, version: String, keys: [ConfigurationKey] = [],
        make: @escaping @Sendable (ModuleContext) throws -> any TraceSink
    ) {
        self.name = name
        self.version = version
        self.keys = keys
        self.make = make
    }
}
