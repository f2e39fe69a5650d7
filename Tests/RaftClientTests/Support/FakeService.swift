import RaftClient
import RaftCore
import RaftMembership
import RaftNode
import RaftTracing
import Synchronization

/// Stands behind a `ClientServer`: keeps what was asked until the test answers it, or echoes at once.
final class FakeService: ClientService {
    typealias ProposalResult = Result<(output: [UInt8], index: LogIndex), RaftError>

    private struct State {
        var isEcho = false
        var proposals: [(command: [UInt8], completion: @Sendable (ProposalResult) -> Void)] = []
        var queries: [(query: [UInt8], guarantee: ReadGuarantee)] = []
        var bootstraps: [[NodeID: [String]]] = []
        var changes: [(wishes: [MembershipChange], expected: LogID?)] = []
    }

    private let state = Mutex(State())

    init(echo: Bool = false) { state.withLock { $0.isEcho = echo } }

    var waiting: [[UInt8]] { state.withLock { $0.proposals.map(\.command) } }
    var queries: [(query: [UInt8], guarantee: ReadGuarantee)] { state.withLock { $0.queries } }
    var bootstraps: [[NodeID: [String]]] { state.withLock { $0.bootstraps } }

    var changes: [(wishes: [MembershipChange], expected: LogID?)] { state.withLock { $0.changes } }

    /// Answers the oldest proposal that waits.
    func answerNext(_ result: ProposalResult = .success(([1], 1))) {
        let first = state.withLock { $0.proposals.isEmpty ? nil : $0.proposals.removeFirst() }
        first?.completion(result)
    }

    func propose(
        _ command: [UInt8], trace: TraceContext?, completion: @escaping @Sendable (ProposalResult) -> Void
    ) {
        let isEcho = state.withLock { state in
            if !state.isEcho { state.proposals.append((command, completion)) }
            return state.isEcho
        }
        if isEcho { completion(.success((command, 1))) }
    }

    func openSession(
        trace: TraceContext?, completion: @escaping @Sendable (Result<OpenedSession, RaftError>) -> Void
    ) {
        completion(.success(OpenedSession(id: Samples.session, limits: SessionLimits())))
    }

    func closeSession(
        _ session: SessionID, trace: TraceContext?,
        completion: @escaping @Sendable (Result<Void, RaftError>) -> Void
    ) {
        completion(.success(()))
    }

    func propose(
        _ command: [UInt8], as call: SessionCall, trace: TraceContext?,
        completion: @escaping @Sendable (ProposalResult) -> Void
    ) {
        guard call.session == Samples.session else {
            return completion(.failure(RaftError(.sessionExpired, "session \(call.session) is not open")))
        }
        propose(command, trace: trace, completion: completion)
    }

    func query(
        _ query: [UInt8], _ guarantee: ReadGuarantee, trace: TraceContext?, hasRoom: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (Result<[UInt8], RaftError>) -> Void
    ) {
        state.withLock { $0.queries.append((query, guarantee)) }
        completion(.success(query))
    }

    func status(completion: @escaping @Sendable (NodeStatus) -> Void) { completion(Samples.status) }

    func metrics(completion: @escaping @Sendable ([UInt8]) -> Void) { completion(Array("raft_term 3\n".utf8)) }

    func bootstrap(
        _ members: [NodeID: [String]], completion: @escaping @Sendable (Result<ClusterID, RaftError>) -> Void
    ) {
        state.withLock { $0.bootstraps.append(members) }
        completion(.success(Samples.cluster))
    }

    func change(
        _ changes: [MembershipChange], expected: LogID?, trace: TraceContext?,
        completion: @escaping @Sendable (Result<LoggedMembership, RaftError>) -> Void
    ) {
        state.withLock { $0.changes.append((changes, expected)) }
        let present = Samples.status.membershipID
        if let expected, expected != present {
            return completion(.failure(RaftError(.changeRefused, "the membership has changed")))
        }
        completion(.success(LoggedMembership(id: present ?? .zero, membership: Samples.status.membership)))
    }

    func transferLeadership(
        to target: NodeID?, completion: @escaping @Sendable (Result<NodeID, RaftError>) -> Void
    ) {
        completion(target.map { .success($0) } ?? .failure(RaftError(.transferFailed, "nobody could take over")))
    }

    func snapshot(
        compacting: Bool,
        completion: @escaping @Sendable (Result<(snapshot: Snapshot, purged: LogIndex), RaftError>) -> Void
    ) {
        completion(.failure(RaftError(.snapshotFailed, "nothing here takes snapshots")))
    }

    func backup(isStale: Bool, completion: @escaping @Sendable (Result<BackupOffer, RaftError>) -> Void) {
        completion(
            isStale ? .failure(RaftError(.snapshotFailed, "nothing here takes snapshots")) : .success(Samples.backup))
    }

    func backupChunk(
        of snapshot: SnapshotID, at offset: UInt64, count: Int, hasRoom: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (Result<[UInt8], RaftError>) -> Void
    ) {
        guard hasRoom() else { return completion(.failure(RaftError(.overloaded, "too much is unread"))) }
        let end = min(Int(snapshot.size), Int(offset) + count)
        completion(.success(Array(Samples.backupBody[Int(offset)..<end])))
    }
}
