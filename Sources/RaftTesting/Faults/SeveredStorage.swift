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
        try check()
        return try inner.recover(group)
    }

    public func commit(_ batches: [StorageBatch]) throws {
        try check()
        try inner.commit(batches)
    }

    public func hasRoom(forEntries bytes: Int) throws -> Bool {
        try check()
        return try inner.hasRoom(forEntries: bytes)
    }

    public func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        try check()
        return try inner.entries(of: group, in: range, maxBytes: maxBytes)
    }

    public func close() { inner.close() }

    private func check() throws {
        guard node.isAlive else { throw StorageError(.io, "the node was killed") }
    }
}

extension StorageProvider {
    /// This storage, for a node that may be killed.
    public func with(_ node: NodeFaults) -> StorageProvider {
        StorageProvider { context in SeveredStorage(try open(context), node) }
    }
}
