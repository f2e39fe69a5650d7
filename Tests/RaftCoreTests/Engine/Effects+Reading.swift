import RaftCore
import RaftMembership

// What the tests look for among effects.
extension [Effect] {
    var sent: [(message: Message, to: Member)] {
        compactMap { if case .send(let message, let to) = $0 { (message, to) } else { nil } }
    }
    var messages: [Message] { sent.map(\.message) }
    var voteRequests: [VoteRequest] {
        messages.compactMap { if case .voteRequest(let request) = $0 { request } else { nil } }
    }
    var voteReplies: [VoteReply] {
        messages.compactMap { if case .voteReply(let reply) = $0 { reply } else { nil } }
    }
    var appends: [AppendEntries] {
        messages.compactMap { if case .appendEntries(let request) = $0 { request } else { nil } }
    }
    func appends(to id: NodeID) -> [AppendEntries] {
        sent.compactMap {
            if case .appendEntries(let request) = $0.message, $0.to.id == id { request } else { nil }
        }
    }
    var appendReplies: [AppendReply] {
        messages.compactMap { if case .appendReply(let reply) = $0 { reply } else { nil } }
    }
    /// How far appends were acknowledged.
    var matches: [LogIndex] {
        appendReplies.compactMap { if case .matched(let index) = $0.outcome { index } else { nil } }
    }
    var hints: [LogID] {
        appendReplies.compactMap { if case .conflict(let hint) = $0.outcome { hint } else { nil } }
    }
    var heartbeats: [Heartbeat] {
        messages.compactMap { if case .heartbeat(let heartbeat) = $0 { heartbeat } else { nil } }
    }
    func heartbeats(to id: NodeID) -> [Heartbeat] {
        sent.compactMap { if case .heartbeat(let beat) = $0.message, $0.to.id == id { beat } else { nil } }
    }
    var heartbeatReplies: [HeartbeatReply] {
        messages.compactMap { if case .heartbeatReply(let reply) = $0 { reply } else { nil } }
    }
    private var damages: [LogDamaged] {
        messages.compactMap { if case .logDamaged(let message) = $0 { message } else { nil } }
    }
    var damageReports: [LogID] { damages.map(\.intact) }
    var lostSnapshots: [LogIndex] { damages.map(\.lostSnapshot).filter { $0 > .zero } }
    var adoptions: [Adopt] { messages.compactMap { if case .adopt(let adopt) = $0 { adopt } else { nil } } }
    var writes: [StorageBatch] { compactMap { if case .persist(let batch, _) = $0 { batch } else { nil } } }
    var applies: [LogIndex] { compactMap { if case .apply(let index) = $0 { index } else { nil } } }
    var fences: [String] { compactMap { if case .fence(let reason) = $0 { reason } else { nil } } }
    var readies: [ReadID] { compactMap { if case .readReady(let id, _) = $0 { id } else { nil } } }
    /// On what reads are answered.
    var proofs: [ReadProof] { compactMap { if case .readReady(_, let proof) = $0 { proof } else { nil } } }
    var readRejections: [Rejection] { compactMap { if case .readFailed(_, let why) = $0 { why } else { nil } } }
    var questions: [ReadIndex] {
        messages.compactMap { if case .readIndex(let question) = $0 { question } else { nil } }
    }
    var readIndices: [ReadIndexReply] {
        messages.compactMap { if case .readIndexReply(let reply) = $0 { reply } else { nil } }
    }
    var failedReads: [ReadID] { compactMap { if case .readFailed(let id, _) = $0 { id } else { nil } } }
    var abandoned: [LogIndex] { compactMap { if case .abandon(let index) = $0 { index } else { nil } } }
    var events: [EngineEvent] { compactMap { if case .trace(let event) = $0 { event } else { nil } } }
    var rejections: [Rejection] { compactMap { if case .rejected(_, let why) = $0 { why } else { nil } } }
    var acceptedCounts: [Int] { compactMap { if case .accepted(_, _, let count) = $0 { count } else { nil } } }
    var timeoutNows: [TimeoutNow] {
        messages.compactMap { if case .timeoutNow(let message) = $0 { message } else { nil } }
    }
    var removals: [LogID] {
        messages.compactMap { if case .removed(let message) = $0 { message.configuration } else { nil } }
    }
    var queries: [FormationQuery] {
        messages.compactMap { if case .formationQuery(let query) = $0 { query } else { nil } }
    }
    var changes: [ChangeOutcome] { compactMap { if case .changeEnded(_, let outcome) = $0 { outcome } else { nil } } }
    var transfers: [TransferOutcome] {
        compactMap { if case .transferEnded(_, let outcome) = $0 { outcome } else { nil } }
    }
    var snapshotOutcomes: [SnapshotOutcome] {
        compactMap { if case .snapshotEnded(_, let outcome) = $0 { outcome } else { nil } }
    }
    var formations: [FormationProgress] {
        compactMap { if case .formation(let progress) = $0 { progress } else { nil } }
    }
}
