import RaftClient
import RaftCore
import RaftMembership
import RaftMetricsExport
import RaftTracing

/// A node as clients see it.
struct RaftClientService: ClientService {
    let raft: Raft<AnyStateMachine>
    /// What backups say of the machine.
    let machine: String
    private let bodies: BackupBodies
    private let nodeMetrics: NodeMetrics

    init(raft: Raft<AnyStateMachine>, machine: String = "", metrics: NodeMetrics) {
        self.raft = raft
        self.machine = machine
        nodeMetrics = metrics
        bodies = BackupBodies(raft: raft)
    }

    func propose(
        _ command: [UInt8], trace: TraceContext?,
        completion: @escaping @Sendable (Result<(output: [UInt8], index: LogIndex), RaftError>) -> Void
    ) {
        raft.propose(encoded: command, trace: trace, indexed: completion)
    }

    func openSession(
        trace: TraceContext?, completion: @escaping @Sendable (Result<OpenedSession, RaftError>) -> Void
    ) {
        raft.openSession(trace: trace, completion: completion)
    }

    func closeSession(
        _ session: SessionID, trace: TraceContext?,
        completion: @escaping @Sendable (Result<Void, RaftError>) -> Void
    ) {
        raft.closeSession(session, trace: trace, completion: completion)
    }

    func propose(
        _ command: [UInt8], as call: SessionCall, trace: TraceContext?,
        completion: @escaping @Sendable (Result<(output: [UInt8], index: LogIndex), RaftError>) -> Void
    ) {
        raft.propose(encoded: command, as: call, trace: trace, indexed: completion)
    }

    func query(
        _ query: [UInt8], _ guarantee: ReadGuarantee, trace: TraceContext?,
        hasRoom: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (Result<[UInt8], RaftError>) -> Void
    ) {
        @Sendable func answer(_ result: Result<AnyStateMachine, RaftError>) {
            switch result {
            case .success(let machine):
                completion(
                    hasRoom()
                        ? Self.answer(query, from: machine)
                        : .failure(RaftError(.overloaded, "earlier answers have not been read: read them first")))
            case .failure(let error): completion(.failure(error))
            }
        }
        raft.read(guarantee, trace: trace) { answer($0) }
    }

    func status(completion: @escaping @Sendable (NodeStatus) -> Void) {
        raft.status { completion(NodeStatus($0)) }
    }

    func metrics(completion: @escaping @Sendable ([UInt8]) -> Void) {
        nodeMetrics.report { completion(Array(PrometheusText.render($0).utf8)) }
    }

    func bootstrap(
        _ members: [NodeID: [String]], completion: @escaping @Sendable (Result<ClusterID, RaftError>) -> Void
    ) {
        raft.bootstrap(members, completion: completion)
    }

    func change(
        _ changes: [MembershipChange], expected: LogID?, trace: TraceContext?,
        completion: @escaping @Sendable (Result<LoggedMembership, RaftError>) -> Void
    ) {
        raft.change(changes, ifMembershipIs: expected, trace: trace, completion: completion)
    }

    func transferLeadership(
        to target: NodeID?, completion: @escaping @Sendable (Result<NodeID, RaftError>) -> Void
    ) {
        raft.transferLeadership(to: target, completion: completion)
    }

    func snapshot(
        compacting: Bool,
        completion: @escaping @Sendable (Result<(snapshot: Snapshot, purged: LogIndex), RaftError>) -> Void
    ) {
        raft.takeSnapshot(compacting: compacting, completion: completion)
    }

    func backup(isStale: Bool, completion: @escaping @Sendable (Result<BackupOffer, RaftError>) -> Void) {
        if isStale { return offer(attempts: 3, completion) }
        // A leader that was deposed and does not know it has less than was acknowledged (rule R1).
        raft.read { result in
            switch result {
            case .success: offer(attempts: 3, completion)
            case .failure(let error): completion(.failure(error))
            }
        }
    }

    /// - Parameter attempts: a newer snapshot may take the place of one before it is opened.
    private func offer(attempts: Int, _ completion: @escaping @Sendable (Result<BackupOffer, RaftError>) -> Void) {
        raft.takeSnapshot { result in
            let snapshot: Snapshot
            switch result {
            case .success(let taken): snapshot = taken.snapshot
            case .failure(let error): return completion(.failure(error))
            }
            guard !snapshot.isWithoutBody else {
                let message = "node \(raft.driver.node) is a witness and has no state to back up: ask another"
                return completion(.failure(RaftError(.unconfirmed, message)))
            }
            bodies.open(snapshot.id) { opened in
                switch opened {
                case .success:
                    let name = raft.driver.clusterName
                    completion(
                        .success(
                            BackupOffer(
                                snapshot: snapshot, clusterName: name, machine: machine, node: raft.driver.node)))
                case .failure(let error) where error.code == .snapshotFailed && attempts > 1:
                    offer(attempts: attempts - 1, completion)
                case .failure(let error): completion(.failure(error))
                }
            }
        }
    }

    func backupChunk(
        of snapshot: SnapshotID, at offset: UInt64, count: Int, hasRoom: @escaping @Sendable () -> Bool,
        completion: @escaping @Sendable (Result<[UInt8], RaftError>) -> Void
    ) {
        bodies.read(snapshot, at: offset, count: count, hasRoom: hasRoom, completion: completion)
    }

    private static func answer(_ query: [UInt8], from machine: AnyStateMachine) -> Result<[UInt8], RaftError> {
        do {
            return .success(try machine.answer(query))
        } catch {
            return .failure(RaftError(.refused, "\(error)"))
        }
    }
}
