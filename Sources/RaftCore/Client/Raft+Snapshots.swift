public import RaftMembership

// Snapshots by hand: the policies of `RaftConfiguration` take them by themselves.
extension Raft {
    /// Takes a snapshot of all that this node has applied, and cuts the log behind it as the configuration says. Any
    /// member; nothing stops meanwhile.
    ///
    /// - Returns: the snapshot, durable.
    /// - Throws: `RaftError` of code `snapshotFailed`.
    @discardableResult
    public func snapshot() async throws -> Snapshot {
        try await withCheckedThrowingContinuation { continuation in
            takeSnapshot { continuation.resume(with: $0.map(\.snapshot)) }
        }
    }

    /// Takes a snapshot, unless there is one of all that is applied, and cuts the log behind it without leaving a tail: but
    /// for what followers in touch still need (rule S5).
    ///
    /// - Returns: the last entry that is gone from the log.
    /// - Throws: `RaftError` of code `snapshotFailed`.
    @discardableResult
    public func compact() async throws -> LogIndex {
        try await withCheckedThrowingContinuation { continuation in
            takeSnapshot(compacting: true) { continuation.resume(with: $0.map(\.purged)) }
        }
    }

    /// The same for servers: calls back on the driver's lane.
    public func takeSnapshot(
        compacting: Bool = false,
        completion: @escaping @Sendable (Result<(snapshot: Snapshot, purged: LogIndex), RaftError>) -> Void
    ) {
        post(.snapshotCall(compacts: compacting, completion)) { completion(.failure($0)) }
    }

    /// Opens the body of a snapshot that this node has, for a backup. It stays readable when a newer one takes its place,
    /// for as long as it is held. Blocks as long as a disk does, so not on the driver's lane.
    ///
    /// - Throws: `StorageError`: `missing` when the node does not have it, or not any more.
    public func openBody(of snapshot: SnapshotID) throws -> any SnapshotReader {
        guard let store = driver.storage.snapshots else {
            throw StorageError(.missing, "this storage keeps no snapshots")
        }
        return try store.open(snapshot, of: .first)
    }

    /// Where bodies are read for clients.
    package func makeSnapshotLane() -> any Lane { driver.environment.makeLane(for: .snapshot) }

    /// The driver's lane, and the time on its clock.
    package var timedLane: any TimedLane { driver.environment.driverLane }
    package var now: Instant { driver.environment.now() }
}
