import Glibc

/// What the service manager handed to this process (systemd: sd_notify(3), sd_watchdog_enabled(3), sd_listen_fds(3)): where
/// to say how the node is, within what time a sign of life is due, and sockets that it listens on for the node.
public struct ServiceEnvironment: Hashable, Sendable {
    /// A socket that the service manager listens on for this process.
    public struct Socket: Hashable, Sendable {
        public var descriptor: Int32
        /// `peer` or `client`, by which the node knows what it is for.
        public var name: String

        public init(descriptor: Int32, name: String) {
            self.descriptor = descriptor
            self.name = name
        }
    }

    /// The path of a datagram socket, or `@` and an abstract name; nil when nobody wants to hear.
    public var notifySocket: String?
    /// In nanoseconds; nil when nobody watches.
    public var watchdogInterval: UInt64?
    public var sockets: [Socket]

    /// By default nobody manages this process.
    public init(notifySocket: String? = nil, watchdogInterval: UInt64? = nil, sockets: [Socket] = []) {
        self.notifySocket = notifySocket
        self.watchdogInterval = watchdogInterval
        self.sockets = sockets
    }

    /// Descriptors that are handed over begin here (`SD_LISTEN_FDS_START`).
    private static let firstDescriptor: Int32 = 3
    private static let mostDescriptors: Int32 = 1024

    /// - Parameters:
    ///   - variables: the environment of the process. What is said in it to another process, a parent for example, does not
    ///     count.
    ///   - process: this one's id; nil to ask the system.
    public init(variables: [String: String], process: Int32? = nil) {
        let process = process ?? getpid()
        self.init()
        if let path = variables["NOTIFY_SOCKET"], !path.isEmpty { notifySocket = path }
        if let text = variables["WATCHDOG_USEC"], let microseconds = UInt64(text), microseconds > 0,
            variables["WATCHDOG_PID"].map({ Int32($0) == process }) ?? true
        {
            // A century bounds the sum.
            watchdogInterval = min(microseconds, 3_000_000_000_000_000) * 1000
        }
        if let text = variables["LISTEN_PID"], Int32(text) == process,
            let count = variables["LISTEN_FDS"].flatMap({ Int32($0) }), (1...Self.mostDescriptors).contains(count)
        {
            let names = (variables["LISTEN_FDNAMES"] ?? "").split(separator: ":", omittingEmptySubsequences: false)
            sockets = (0..<count).map { position in
                let name = Int(position) < names.count ? String(names[Int(position)]) : ""
                return Socket(descriptor: Self.firstDescriptor + position, name: name)
            }
        }
    }
}
