package import RaftClient
package import RaftCore
package import RaftMembership
package import RaftTracing

/// What stands behind the client listener. Completions come once, on any thread; nothing here blocks. A `trace` is what has
/// caused the call, where that is recorded.
package protocol ClientService: Sendable {
    /// - Parameter completion: is given the output and the command's index in the log, 0 when that is not known.
    func propose(
        _ command: [UInt8], trace: TraceContext?,
        completion: @escaping @Sendable (Result<(output: [UInt8], index: LogIndex), RaftError>) -> Void)

    func openSession(
        trace: TraceContext?, completion: @escaping @Sendable (Result<OpenedSession, RaftError>) -> Void)

    func closeSession(
        _ session: SessionID, trace: TraceContext?,
        completion: @escaping @Sendable (Result<Void, RaftError>) -> Void)

    /// As `propose`, for a command of a session: given what came of the first attempt that was applied.
    func propose(
        _ command: [UInt8], as call: SessionCall, trace: TraceContext?,
        completion: @escaping @Sendable (Result<(output: [UInt8], index: LogIndex), RaftError>) -> Void)

    /// - Parameters:
    ///   - hasRoom: asked just before the answer is made; without room the query ends as overloaded.
    ///   - completion: may be called by an applier, so what it does must be short.
    func query(
        _ query: [UInt8], _ guarantee: ReadGuarantee, trace: TraceContext?,
        hasRoom: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (Result<[UInt8], RaftError>) -> Void)

    func status(completion: @escaping @Sendable (NodeStatus) -> Void)

    /// - Parameter completion: is given the node's metrics as Prometheus has them.
    func metrics(completion: @escaping @Sendable ([UInt8]) -> Void)

    func bootstrap(
        _ members: [NodeID: [String]], completion: @escaping @Sendable (Result<ClusterID, RaftError>) -> Void)

    func change(
        _ changes: [MembershipChange], expected: LogID?, trace: TraceContext?,
        completion: @escaping @Sendable (Result<LoggedMembership, RaftError>) -> Void)

    func transferLeadership(
        to target: NodeID?, completion: @escaping @Sendable (Result<NodeID, RaftError>) -> Void)

    func snapshot(
        compacting: Bool,
        completion: @escaping @Sendable (Result<(snapshot: Snapshot, purged: LogIndex), RaftError>) -> Void)

    /// Takes a snapshot to be read as a backup.
    /// - Parameter isStale: of what this node has applied; else of all that was acknowledged before, on the leader.
    func backup(isStale: Bool, completion: @escaping @Sendable (Result<BackupOffer, RaftError>) -> Void)

    /// - Parameter hasRoom: as in `query`.
    func backupChunk(
        of snapshot: SnapshotID, at offset: UInt64, count: Int, hasRoom: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (Result<[UInt8], RaftError>) -> Void)
}
