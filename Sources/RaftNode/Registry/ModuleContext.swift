public import RaftTracing

/// What a module is made from.
public struct ModuleContext: Sendable {
    /// The whole of it; `configuration.settings` has the keys that the module added.
    public var configuration: NodeConfiguration
    /// Silent while a configuration is only checked, and for trace sinks.
    public var tracer: Tracer

    public init(configuration: NodeConfiguration, tracer: Tracer = .silent) {
        self.configuration = configuration
        self.tracer = tracer
    }

    public var settings: ConfigurationSettings { configuration.settings }
}
