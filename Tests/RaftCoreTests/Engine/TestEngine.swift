@testable import RaftCore
import RaftMembership
import RaftMemory

/// One engine, fed by hand. Writes stay under way until `persist` is called.
struct TestEngine {
    var engine: RaftEngine
    var now = Instant(nanoseconds: 1_000_000_000)
    /// Writes that have not been answered, in the order given.
    var writes: [(batch: StorageBatch, id: WriteID)] = []
    /// What is durable. Copies of the engine share it.
    let disk: MemoryStorage
    /// Storage answers at once when it is asked for entries.
    var answersReads = true
    static let cluster = ClusterID(high: 7, low: 7)

    static func member(_ id: UInt64) -> Member { Member(id: NodeID(id), incarnation: Incarnation(100 + id)) }

    static func membership(
        _ voters: [UInt64], old: [UInt64]? = nil, learners: [UInt64] = []
    ) -> Membership {
        let ids = Set(voters + (old ?? []) + learners).sorted()
        let records = ids.map { Membership.Record(member: member($0), addresses: ["memory:\($0)"]) }
        guard
            let membership = try? Membership(
                members: records, voters: voters.map { NodeID($0) }, outgoingVoters: old.map { $0.map { NodeID($0) } })
        else { preconditionFailure("a test names an impossible configuration") }
        return membership
    }

    static let three = membership([1, 2, 3])
    static let five = membership([1, 2, 3, 4, 5])

    /// The entries of a log: configurations in term 1 from index 1 on, then commands of these terms.
    static func log(_ terms: [Term], _ configurations: [Membership] = [three]) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: 1)
        for membership in configurations { append(membership, term: 1, to: &builder) }
        for term in terms { append(term, to: &builder) }
        return builder.finish()
    }

    static func append(_ membership: Membership, term: Term, to builder: inout EntryBatchBuilder) {
        let payload = ConfigurationPayload(cluster: cluster, membership: membership)
        builder.append(.configuration, term: term, payload: MembershipCodec.encode(payload))
    }

    /// A command whose payload follows from its place, so that equal (index, term) mean equal entries.
    static func append(_ term: Term, to builder: inout EntryBatchBuilder) {
        builder.append(
            .command, term: term,
            payload: [UInt8(truncatingIfNeeded: builder.nextIndex.rawValue), UInt8(truncatingIfNeeded: term.rawValue)])
    }

    /// Server `id` after a start, with this log on its disk: a configuration at index 1, then commands of `terms`. The
    /// term is that of the last entry unless given.
    init(
        _ id: UInt64 = 1, log terms: [Term] = [], _ configurations: Membership..., term: Term? = nil,
        votedFor: UInt64? = nil, commit: LogIndex = .zero, promise: UInt64 = 0, seed: UInt64 = 1,
        configuration: RaftConfiguration = RaftConfiguration()
    ) throws {
        let log = Self.log(terms, configurations.isEmpty ? [Self.three] : configurations)
        let hard = HardState(
            cluster: Self.cluster, member: Self.member(id), term: term ?? terms.last ?? 1,
            votedFor: votedFor.map(Self.member), commitHint: commit, largestPromise: promise)
        let disk = MemoryStorage()
        try disk.commit([StorageBatch(group: .first, entries: log, hardState: hard)])
        try self.init(disk: disk, seed: seed, configuration: configuration)
    }

    /// A server that belongs to no cluster.
    init(pristine id: UInt64, seed: UInt64 = 1) throws {
        let disk = MemoryStorage()
        try disk.commit([StorageBatch(group: .first, hardState: HardState(member: Self.member(id)))])
        try self.init(disk: disk, seed: seed)
    }

    /// A start on what is durable already, a hard state among it.
    /// - Parameter recovered: what storage says it found, when that is not all that is there.
    init(
        disk: MemoryStorage, recovered: RecoveredGroup? = nil, seed: UInt64 = 1,
        configuration: RaftConfiguration = RaftConfiguration()
    ) throws {
        self.disk = disk
        let recovered = try recovered ?? disk.recover(.first)
        guard var hardState = recovered.hardState else { preconditionFailure("a test starts on an empty disk") }
        hardState.startCounter += 1
        try disk.commit([StorageBatch(group: .first, hardState: hardState)])
        engine = RaftEngine(
            configuration: configuration, group: .first, hardState: hardState, recovered: recovered, seed: seed)
        step(.started)
    }

    /// The hard state that a start would find.
    var durableState: HardState? { (try? disk.recover(.first))?.hardState }

    /// What storage answers when it is asked for entries, which may be fewer.
    func stored(from first: LogIndex, through last: LogIndex) -> EntryBatch {
        (try? disk.entries(of: .first, in: first..<last.next, maxBytes: .max)) ?? .empty
    }

    // MARK: Inputs

    @discardableResult
    mutating func step(_ input: Input) -> [Effect] {
        var effects = Effects()
        engine.step(input, at: now, into: &effects)
        engine.checkInvariants()
        var list = effects.list
        for effect in effects.list {
            switch effect {
            case .persist(let batch, let id): writes.append((batch, id))
            case .readEntries(let first, let last, let peer, let stream) where answersReads:
                list += step(.entriesRead(stored(from: first, through: last), for: peer, stream: stream))
            default: break
            }
        }
        return list
    }

    @discardableResult
    mutating func receive(_ message: Message, from sender: UInt64 = 2) -> [Effect] {
        step(
            .received(
                Envelope(group: .first, from: Self.member(sender), to: engine.member, message: message)))
    }

    /// Answers the first `count` writes.
    @discardableResult
    mutating func persist(_ count: Int = .max) -> [Effect] {
        var effects: [Effect] = []
        for write in writes.prefix(count) {
            try? disk.commit([write.batch])
            writes.removeFirst()
            effects += step(.persisted(write.id))
        }
        return effects
    }

    /// Answers the write at `position` alone.
    @discardableResult
    mutating func persist(at position: Int) -> [Effect] {
        step(.persisted(writes.remove(at: position).id))
    }

    mutating func pass(milliseconds: UInt64) { now = now + milliseconds * 1_000_000 }

    /// Goes on to the next deadline.
    @discardableResult
    mutating func deadline() -> [Effect] {
        now = max(now, engine.nextDeadline)
        return step(.deadlineReached)
    }

    // MARK: Ways to a role

    /// An election that `voters` grant, and all writes durable: the no-op too.
    @discardableResult
    mutating func lead(with voters: [UInt64] = [2]) -> [Effect] {
        campaign(with: voters)
        persist()
        let term = engine.term
        var effects: [Effect] = []
        for voter in voters where engine.role == .candidate {
            effects += receive(.voteReply(vote(term: term, from: voter)), from: voter)
        }
        persist()
        return effects
    }

    /// As far as a candidate whose own vote is under way.
    @discardableResult
    mutating func campaign(with voters: [UInt64] = [2]) -> [Effect] {
        var effects: [Effect] = []
        for _ in 0..<20 where engine.role == .follower { effects = deadline() }
        for voter in voters where engine.role == .preCandidate {
            effects += receive(
                .voteReply(
                    VoteReply(
                        term: engine.term, askedTerm: engine.term.next, round: currentRound, isPreVote: true,
                        isGranted: true)),
                from: voter)
        }
        return effects
    }

    func vote(term: Term, from voter: UInt64, round: UInt64? = nil) -> VoteReply {
        VoteReply(term: term, askedTerm: term, round: round ?? currentRound, isPreVote: false, isGranted: true)
    }

    var currentRound: UInt64 { engine.campaign }

    /// What leader `id` of `term` sends.
    func append(
        _ term: Term, after previous: LogID, _ terms: [Term] = [], commit: LogIndex = .zero, stream: UInt32 = 1,
        sequence: UInt64 = 1
    ) -> Message {
        var builder = EntryBatchBuilder(firstIndex: previous.index.next)
        for entry in terms { Self.append(entry, to: &builder) }
        return .appendEntries(
            AppendEntries(
                term: term, stream: stream, sequence: sequence, previous: previous, leaderCommit: commit,
                entries: builder.finish()))
    }

    /// What a candidate of `term` asks for.
    func voteRequest(_ term: Term, isPreVote: Bool = false, transferredFrom: Term = .zero) -> Message {
        .voteRequest(
            VoteRequest(
                term: term, round: 1, isPreVote: isPreVote, last: Self.id(9, 9), transferredFrom: transferredFrom))
    }

    func heartbeat(
        _ term: Term, at previous: LogID = .zero, commit: LogIndex = .zero, stream: UInt32 = 1, round: UInt64 = 1
    ) -> Message {
        .heartbeat(Heartbeat(term: term, stream: stream, previous: previous, leaderCommit: commit, round: round))
    }

    /// What peer `id` answers to this leader's present stream.
    func matched(_ index: LogIndex, by peer: UInt64, sequence: UInt64? = nil) -> Message {
        let progress = progress(of: peer)
        return .appendReply(
            AppendReply(
                term: engine.term, stream: progress.stream, sequence: sequence ?? progress.sequence,
                outcome: .matched(index)))
    }

    func conflict(_ hint: LogID, by peer: UInt64) -> Message {
        let progress = progress(of: peer)
        return .appendReply(
            AppendReply(
                term: engine.term, stream: progress.stream, sequence: progress.sequence,
                outcome: .conflict(hint: hint)))
    }

    func progress(of peer: UInt64) -> Progress {
        engine.progress[Int(engine.membership.slot(of: NodeID(peer)) ?? 0)]
    }

    static func id(_ index: LogIndex, _ term: Term) -> LogID { LogID(term: term, index: index) }
}
