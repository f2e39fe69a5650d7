/// Which storage a node uses: `.memory`, `.lmdb(at:)`, or one of a stranger's own.
public struct StorageProvider: Sendable {
    package let open: @Sendable (StorageContext) throws -> any LogStorage

    /// - Parameter open: called once, when the node starts; may block.
    public init(open: @escaping @Sendable (StorageContext) throws -> any LogStorage) { self.open = open }
}

/// Which transport a node uses, and the environment that comes with it: a transport on an event loop runs the driver on
/// that same loop.
public struct TransportProvider: Sendable {
    package let make: @Sendable (TransportContext) throws -> (any Transport, any Environment)

    /// - Parameter make: called once, when the node starts.
    public init(make: @escaping @Sendable (TransportContext) throws -> (any Transport, any Environment)) {
        self.make = make
    }
}
