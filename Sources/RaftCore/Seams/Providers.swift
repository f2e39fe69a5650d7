/// Which storage a node uses: `.memory`, `.lmdb(at:)`, or one of a stranger's own.
public struct StorageProvider: Sendable {
    package let open: @Sendable (StorageContext) throws -> any LogStorage
    /// What shows at the next start whether the data is complete (rule M10); nil for storage without one.
    public var mark: (any MarkStore)?

    /// - Parameters:
    ///   - mark: where the node's mark is kept, apart from the data. Nil for data that does not outlive its node.
    ///   - open: called once, when the node starts; may block.
    public init(
        mark: (any MarkStore)? = nil, open: @escaping @Sendable (StorageContext) throws -> any LogStorage
    ) {
        self.mark = mark
        self.open = open
    }

    /// The same storage with its mark there; nil for none.
    public func marked(by mark: (any MarkStore)?) -> StorageProvider {
        StorageProvider(mark: mark, open: open)
    }
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
