public import RaftCore
public import RaftMembership

/// Any storage, from which a node that has ended can write and read nothing more: what was durable at that moment is what
/// its next life finds.
public final class SeveredStorage: LogStorage {
    private let inner: any LogStorage
    private let node: NodeFaults

    public init(_ inner: any LogStorage, _ node: NodeFaults) {
        self.inner = inner
        self.node = node
    }

    public var commitsInstantly: Bool { inner.commitsInstantly }
    public var snapshots: (any SnapshotStore)? { inner.snapshots }

    public func recover(_ group: GroupID) throws -> RecoveredGroup {
        try node.check()
        return try inner.recover(group)
    }

    public func commit(_ batches: [StorageBatch]) throws {
        try node.check()
        try inner.commit(batches)
    }

    public func hasRoom(forEntries bytes: Int) throws -> Bool {
        try node.check()
        return try inner.hasRoom(forEntries: bytes)
    }

    public func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        try node.check()
        return try inner.entries(of: group, in: range, maxBytes: maxBytes)
    }

    public func close() { inner.close() }
}

/// The mark of a node, which it cannot touch any more once it has ended.
private final class SeveredMark: MarkStore {
    private let inner: any MarkStore
    private let node: NodeFaults

    init(_ inner: any MarkStore, _ node: NodeFaults) {
        self.inner = inner
        self.node = node
    }

    var location: String { inner.location }

    func read() throws -> NodeMark? {
        try node.check()
        return try inner.read()
    }

    func write(_ mark: NodeMark) throws {
        try node.check()
        try inner.write(mark)
    }
}

extension NodeFaults {
    fileprivate func check() throws {
        if !isAlive { throw StorageError(.io, "the node was killed") }
    }
}

extension StorageProvider {
    /// This storage and its mark, for a node that may be killed.
    public func with(_ node: NodeFaults) -> StorageProvider {
        StorageProvider(mark: mark.map { SeveredMark($0, node) }) { context in SeveredStorage(try open(context), node) }
    }
}
