/// The modules that a configuration can choose from. The built-in ones register through the same functions as a
/// stranger's:
///
/// ```swift
/// var registry = ModuleRegistry()
/// try BuiltinModules.register(into: &registry)
/// try registry.register(MachineModule(name: "counter", version: "1.0") { _ in Counter() })
/// let node = try await Node.start(
///     configuration: configuration, registry: registry, service: ServiceEnvironment(variables: environment))
/// ```
public struct ModuleRegistry: Sendable {
    /// One line of `raftd plugins`.
    public struct Listing: Hashable, Sendable {
        public var kind: ModuleKind
        public var name: String
        public var version: String
    }

    private var storages: [StorageModule] = []
    private var transports: [TransportModule] = []
    private var machines: [MachineModule] = []
    private var sinks: [TraceSinkModule] = []
    private var keys: [ConfigurationKey] = []

    /// Without any module.
    public init() {}

    /// - Throws: `RegistryError` when the name or one of the keys is taken or not allowed.
    public mutating func register(_ module: StorageModule) throws(RegistryError) {
        try add(.storage, module.name, module.keys, taken: storages.map(\.name))
        storages.append(module)
    }

    public mutating func register(_ module: TransportModule) throws(RegistryError) {
        try add(.transport, module.name, module.keys, taken: transports.map(\.name))
        transports.append(module)
    }

    public mutating func register(_ module: MachineModule) throws(RegistryError) {
        try add(.machine, module.name, module.keys, taken: machines.map(\.name))
        machines.append(module)
    }

    public mutating func register(_ module: TraceSinkModule) throws(RegistryError) {
        guard module.name != "auto" else {
            throw RegistryError("a trace sink cannot be named auto, which stands for a choice among them")
        }
        try add(.traceSink, module.name, module.keys, taken: sinks.map(\.name))
        sinks.append(module)
    }

    /// Every module, by kind, in the order of registration.
    public var listings: [Listing] {
        storages.map { Listing(kind: .storage, name: $0.name, version: $0.version) }
            + transports.map { Listing(kind: .transport, name: $0.name, version: $0.version) }
            + machines.map { Listing(kind: .machine, name: $0.name, version: $0.version) }
            + sinks.map { Listing(kind: .traceSink, name: $0.name, version: $0.version) }
    }

    /// The keys that a configuration may have with these modules.
    public var table: ConfigurationTable {
        ConfigurationTable(
            storages: storages.map(\.name), transports: transports.map(\.name), machines: machines.map(\.name),
            sinks: sinks.map(\.name), moduleKeys: keys)
    }

    /// - Throws: `RegistryError` when there is none of that name.
    public func storage(_ name: String) throws(RegistryError) -> StorageModule {
        try find(.storage, name, storages, \.name)
    }

    public func transport(_ name: String) throws(RegistryError) -> TransportModule {
        try find(.transport, name, transports, \.name)
    }

    public func machine(_ name: String) throws(RegistryError) -> MachineModule {
        try find(.machine, name, machines, \.name)
    }

    public func traceSink(_ name: String) throws(RegistryError) -> TraceSinkModule {
        try find(.traceSink, name, sinks, \.name)
    }

    private func find<Module>(
        _ kind: ModuleKind, _ name: String, _ modules: [Module], _ path: KeyPath<Module, String>
    ) throws(RegistryError) -> Module {
        for module in modules where module[keyPath: path] == name { return module }
        let names = modules.map { $0[keyPath: path] }.joined(separator: ", ")
        throw RegistryError("there is no \(kind) module \(name); registered: \(names)")
    }

    private mutating func add(
        _ kind: ModuleKind, _ name: String, _ added: [ConfigurationKey], taken: [String]
    ) throws(RegistryError) {
        if let complaint = ConfigurationType.name.complaint(name) {
            throw RegistryError("\(kind) module “\(name)” \(complaint); it must be \(ConfigurationType.name.accepted)")
        }
        if taken.contains(name) { throw RegistryError("there is a \(kind) module \(name) already") }
        var table = table
        // All of a module's keys or none.
        var registry = self
        for var key in added {
            guard key.name.hasPrefix(kind.section + "."), key.name.count > kind.section.count + 1 else {
                throw RegistryError("\(kind) module \(name): key \(key.name) must begin with \(kind.section).")
            }
            // Two names that give one variable would be told apart in the file only.
            if table[key.name] != nil || table.key(forEnvironmentVariable: key.environmentVariable) != nil {
                throw RegistryError("\(kind) module \(name): there is a key \(key.name) already")
            }
            if table.isSection(key.name) || table[key.section] != nil {
                throw RegistryError("\(kind) module \(name): key \(key.name) cannot be both a key and a section")
            }
            key.module = "\(kind) \(name)"
            registry.keys.append(key)
            table = registry.table
        }
        keys = registry.keys
    }
}

/// Why a module cannot be registered or found.
public struct RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}
