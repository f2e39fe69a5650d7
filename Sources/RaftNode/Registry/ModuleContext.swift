public import RaftCore
public import RaftTracing

/// What a module is made from.
public struct ModuleContext: Sendable {
    /// The whole of it; `configuration.settings` has the keys that the module added.
    public var configuration: NodeConfiguration
    /// Silent while a configuration is only checked, and for trace sinks.
    public var tracer: Tracer
    /// For a transport: sockets that a service manager listens on for this node, by the address that they stand for.
    public var inheritedDescriptors: [RaftAddress: Int32] = [:]

    public init(configuration: NodeConfiguration, tracer: Tracer = .silent) {
        self.configuration = configuration
        self.tracer = tracer
    }

    /// The same, with a tracer whose level is the module's own.
    func scoped(to module: String) -> ModuleContext {
        var scoped = self
        scoped.tracer = tracer.scoped(to: module)
        return scoped
    }

    public var settings: ConfigurationSettings { configuration.settings }
}
