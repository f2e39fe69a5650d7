package import RaftMembership

/// What a server is in its term (§5.1). Whether it is a learner or a witness follows from the configuration.
package enum EngineRole: String, Hashable, Sendable {
    case follower, preCandidate, candidate, leader
}

/// Consensus as a pure value: an input and the time go in, effects come out (design: "The engine").
///
/// No clock, no randomness but a seeded generator, no I/O, no logging. The same inputs give the same effects, on any
/// machine. The extensions of this type hold its parts: `+Elections`, `+Following`, `+Replication`, `+Replies`,
/// `+Heartbeats`, `+Commit`, `+Reads`, `+Leases`, `+FollowerReads`, `+Membership`, `+Departures`, `+Transfer`,
/// `+Snapshots`, `+SnapshotTransfer`, `+Installing`, `+Repair`, `+Returning`, `+Witness`, `+Formation`, `+DiskFull`, `+Invariants`.
package struct RaftEngine: Hashable, Sendable {
    package let configuration: RaftConfiguration
    package let group: GroupID

    // Persistent state (figure 2). Changed in memory when its write is submitted (rule V1).
    package internal(set) var hard: HardState
    package internal(set) var log: EngineLog

    // Volatile state of every server.
    package internal(set) var role = EngineRole.follower
    package internal(set) var leader: Member?
    package internal(set) var commitIndex: LogIndex
    /// Ordered to be applied. At most `commitIndex` and `log.flushed` (rule C6).
    package internal(set) var applySubmitted = LogIndex.zero
    /// Applied, by the machine's word.
    package internal(set) var appliedIndex = LogIndex.zero
    /// Configurations of the log, oldest first; the last is in effect from the append on (§6, rule M2). The first is
    /// the committed one, or `.none`.
    package internal(set) var configurations: [LoggedMembership]
    /// Of the configuration in effect.
    package internal(set) var quorum: Quorum
    package internal(set) var isFenced = false
    /// What the log and the snapshot hold of commands; nil while they hold none (rule X2).
    package internal(set) var copy: LogCopy?
    package internal(set) var snapshots = SnapshotState()
    package internal(set) var formation: Formation?
    /// A cluster identity was taken in memory and is not durable yet (rule M9).
    var isIdentityUnannounced = false
    /// The last committed configuration that has this server as a member.
    var lastNamed = LogID.zero
    /// A peer said that this committed configuration leaves this server out (rule M6).
    var removedBy: LogID?
    /// Whom the transport has met last under each id.
    var lives: [Member] = []

    /// Whether this server's disk takes entries (rule D4).
    package internal(set) var room = DiskRoom()

    // Followers.
    /// The log was proven to match the leader of this term up to here (rule C2).
    var verified = LogIndex.zero
    /// What stands behind the log and does not count until a leader has sent it again (rule D3).
    package internal(set) var damage: DamagedTail?
    /// A granted vote whose write is under way (rule V1).
    var owedVote: OwedVote?
    var owedAppendReply: OwedReply?
    var owedHeartbeatReply: OwedReply?
    /// Reads that ask the leader (rule R7).
    var followerReads = FollowerReads()

    // Candidates.
    /// Numbers the campaigns; a reply counts for its own only (rule V5).
    package internal(set) var campaign: UInt64 = 0
    /// By slot.
    var votes: [Bool] = []
    /// The term whose leader hands over to this candidate; zero for none (rule T2).
    var transferredFrom = Term.zero

    // Leaders.
    /// By slot of the configuration in effect; behind the members stand those that left and are still to be told.
    package internal(set) var progress: [Progress] = []
    /// Snapshots on their way to peers.
    package internal(set) var transfers: [SnapshotTransfer] = []
    package internal(set) var change: PendingChange?
    /// Outlives the leadership until the outcome is known.
    package internal(set) var transfer: PendingTransfer?
    /// The no-op of this leader's term (rule C8).
    var termStart = LogIndex.zero
    /// What was appended and not committed yet, for the cap of rule P8.
    package internal(set) var uncommitted = Inflight()
    var reads = PendingReads()
    /// It has told another to take over, which ends its lease for the rest of the term (rule R5).
    package internal(set) var hasHandedOver = false

    package internal(set) var times: Times

    /// - Parameters:
    ///   - hardState: already durable, with this start counted.
    ///   - recovered: what storage held.
    package init(
        configuration: RaftConfiguration, group: GroupID, hardState: HardState, recovered: RecoveredGroup,
        seed: UInt64
    ) {
        self.configuration = configuration
        self.group = group
        hard = hardState
        log = EngineLog(terms: recovered.terms)
        damage = recovered.damage
        if damage == nil { hard.provenThrough = .zero }
        // What a snapshot covers is committed; the hint says what else was (rule C6).
        let covered = max(recovered.terms.base.index, recovered.snapshot?.last.index ?? .zero)
        commitIndex = max(covered, min(hardState.commitHint, recovered.terms.last.index))
        snapshots.newest = recovered.snapshot
        snapshots.lost = recovered.lostSnapshot
        copy = recovered.snapshot?.copy ?? recovered.copy
        // The machine is restored before anything is applied (rule S2).
        applySubmitted = covered
        appliedIndex = recovered.snapshot == nil ? covered : .zero
        configurations = [.none]
        // The configuration of a snapshot is found after its entry is compacted (rule S4).
        if let logged = recovered.snapshot?.configuration, logged.id.index <= recovered.terms.base.index,
            !configuration.breaks(.forgetCompactedConfiguration)
        {
            configurations.append(logged)
        }
        configurations += recovered.configurations
        quorum = configuration.quorum(of: configurations.last?.membership ?? Membership())
        times = Times(seed: seed)
        forgetSupersededConfigurations()
    }

    package var member: Member { hard.member }
    package var term: Term { hard.term }
    /// The configuration in effect: the last one in the log.
    package var membership: Membership { effective.membership }
    package var effective: LoggedMembership { configurations[configurations.count - 1] }
    /// The last configuration known to be committed.
    package var committed: LoggedMembership { configurations[0] }
    /// This server's slot in the configuration in effect; nil when it is not in it.
    var ownSlot: Int? { membership.slot(of: member) }
    /// When this follower last heard from the leader of its term (rule V9).
    package var lastLeaderContact: Instant? { times.lastLeaderContact }
    /// When `deadlineReached` is due; never for a fenced node.
    package var nextDeadline: Instant { isFenced ? .distantFuture : times.next }

    /// The one way in. Effects are appended to `effects`, in the order in which they are to be carried out.
    package mutating func step(_ input: Input, at now: Instant, into effects: inout Effects) {
        if isFenced {
            refuse(input, into: &effects)
            return
        }
        times.now = now
        switch input {
        case .started: start(now, &effects)
        case .received(let envelope): receive(envelope, now, &effects)
        case .proposed(let commands): propose(commands, now, &effects)
        case .entriesProposed(let drafts): propose(drafts, now, &effects)
        case .persisted(let id): persisted(id, now, &effects)
        case .writesRefused(let ids, let reason): writesRefused(ids, reason, now, &effects)
        case .diskProbed(let hasRoom): diskProbed(hasRoom, now, &effects)
        case .applied(let index): applied(through: index, &effects)
        case .entriesRead(let batch, let peer, let stream): entriesRead(batch, peer, stream, now, &effects)
        case .snapshotTaken(let order, let result): snapshotTaken(order, result, now, &effects)
        case .snapshotRead(let bytes, let offset, let peer, let stream):
            snapshotRead(bytes, at: offset, peer, stream, now, &effects)
        case .snapshotDamaged(let id, let reason): snapshotDamaged(id, reason, now, &effects)
        case .snapshotReceived(let id, let written, let isWhole):
            snapshotReceived(id, written: written, isWhole: isWhole, now, &effects)
        case .snapshotNotReceived(let id, let reason): snapshotNotReceived(id, reason, &effects)
        case .snapshotRequested(let id, let compacts): requestSnapshot(id, compacts: compacts, &effects)
        case .readRequested(let id, let kind): requestRead(id, kind, now, &effects)
        case .bootstrapRequested(let members): bootstrap(members, now, &effects)
        case .changeRequested(let id, let request): change(id, request, now, &effects)
        case .transferRequested(let id, let target, let givesUp):
            transfer(id, to: target, givesUp: givesUp, now, &effects)
        case .connected(let member): connected(member, now, &effects)
        case .disconnected: break
        case .futureMessage(let peer, let reason):
            fence("node \(peer) runs a newer release: \(reason); upgrade this node", &effects)
        case .deadlineReached: deadlineReached(now, &effects)
        }
    }

    private mutating func start(_ now: Instant, _ fx: inout Effects) {
        resetElectionDeadline(now)
        abstain(now, &fx)
        if configuration.snapshotInterval > 0 { times.snapshot = now + configuration.snapshotInterval }
        if !membership.isEmpty { fx.append(.membershipChanged) }
        if let damage { fx.append(.trace(.logDamaged(damage))) }
        if let newest = snapshots.newest { fx.append(.restore(newest)) }
        orderApply(&fx)
        if breaks(.leadAloneWithoutElection), quorum.isSingle, hard.votedFor == member { becomeLeader(now, &fx) }
    }

    private mutating func receive(_ envelope: Envelope, _ now: Instant, _ fx: inout Effects) {
        guard envelope.group == group else { return }
        // A message for an earlier life of this server is nobody's business here (rule M10).
        guard envelope.to == member || (envelope.to.id == member.id && envelope.to.incarnation == .unknown) else {
            return
        }
        let from = envelope.from
        // Nor is a message of an earlier life of a member: its disk is gone (rule M7).
        guard !isSuperseded(from) else { return }
        switch envelope.message {
        case .formationQuery(let query): receive(query, from: from, &fx)
        case .formationAnswer(let answer): receive(answer, from: from, now, &fx)
        case .adopt(let adopt): receive(adopt, from: from, to: envelope.to, now, &fx)
        default:
            // Without a cluster there is nothing to vote on and nothing to append (rule M9).
            guard hard.cluster != nil else { return }
            switch envelope.message {
            case .voteRequest(let request): receive(request, from: from, now, &fx)
            case .voteReply(let reply): receive(reply, from: from, now, &fx)
            case .appendEntries(let request): receive(request, from: from, now, &fx)
            case .appendReply(let reply): receive(reply, from: from, now, &fx)
            case .installSnapshot(let request): receive(request, from: from, now, &fx)
            case .installSnapshotReply(let reply): receive(reply, from: from, now, &fx)
            case .heartbeat(let heartbeat): receive(heartbeat, from: from, now, &fx)
            case .heartbeatReply(let reply): receive(reply, from: from, now, &fx)
            case .timeoutNow(let message): receive(message, from: from, now, &fx)
            case .removed(let message): receive(message, now, &fx)
            case .readIndex(let question): receive(question, from: from, now, &fx)
            case .readIndexReply(let reply): receive(reply, from: from, now, &fx)
            case .logDamaged(let message): receive(message, from: from, now, &fx)
            case .formationQuery, .formationAnswer, .adopt: break
            }
        }
    }

    private mutating func persisted(_ id: WriteID, _ now: Instant, _ fx: inout Effects) {
        let wasHardStatePending = log.isHardStatePending
        guard recordCompletion(of: id) else { return }
        if let done = times.writes.firstIndex(where: { $0.id == id }) { times.writes.remove(at: done) }
        log.evict(downTo: configuration.cacheBytes)
        if room.isFull { noteRetried(id, now, &fx) }
        installationBecameDurable(id, &fx)
        endSnapshotCalls(of: id, &fx)
        if wasHardStatePending, !log.isHardStatePending { hardStateBecameDurable(now, &fx) }
        sendOwedReplies(&fx)
        if role == .leader {
            advanceCommit(now, &fx)
            releaseUncommitted()
            replicateToWitnesses(now, &fx)
        }
        orderApply(&fx)
        resumeSnapshotCalls(&fx)
    }

    private mutating func recordCompletion(of id: WriteID) -> Bool {
        #if TestBuild
            if let rule = configuration.mutation, rule == .completionByIndex || rule == .completionsInOrder {
                return log.persisted(id, breaking: rule)
            }
        #endif
        return log.persisted(id)
    }

    private mutating func hardStateBecameDurable(_ now: Instant, _ fx: inout Effects) {
        formationBecameDurable(now, &fx)
        sendOwedVote(&fx)
        if role == .candidate { candidacyBecameDurable(now, &fx) }
    }

    private mutating func deadlineReached(_ now: Instant, _ fx: inout Effects) {
        if now >= times.formation { formationDeadlineReached(now, &fx) }
        if now >= times.change { changeDeadlineReached(now, &fx) }
        if now >= times.transfer { transferDeadlineReached(now, &fx) }
        if now >= times.snapshot { snapshotDeadlineReached(now, &fx) }
        if now >= times.transfers { transfersDeadlineReached(now, &fx) }
        if now >= times.waiters {
            times.waiters = .distantFuture
            fx.append(.abandon(after: .zero))
        }
        if now >= times.followerReads { followerReadsDeadlineReached(now, &fx) }
        if now >= times.heartbeat { heartbeatDeadlineReached(now, &fx) }
        if now >= times.commitNotice { commitNoticeDeadlineReached(&fx) }
        if now >= times.disk { diskDeadlineReached(&fx) }
        if now >= times.election { electionDeadlineReached(now, &fx) }
    }

    /// Nothing of what a fenced node says can be trusted, so it says nothing, and tells its callers so.
    private func refuse(_ input: Input, into fx: inout Effects) {
        switch input {
        case .proposed(let commands): fx.append(.rejected(count: commands.count, .fenced))
        case .entriesProposed(let drafts): fx.append(.rejected(count: drafts.count, .fenced))
        case .readRequested(let id, _): fx.append(.readFailed(id, .fenced))
        case .snapshotRequested(let id, _): fx.append(.snapshotEnded(id, .failed("this node has stopped itself")))
        case .bootstrapRequested: fx.append(.formation(.refused("this node has stopped itself")))
        case .changeRequested(let id, _): fx.append(.changeEnded(id, .rejected(.fenced)))
        case .transferRequested(let id, _, _): fx.append(.transferEnded(id, .rejected(.fenced)))
        default: break
        }
    }

    mutating func fence(_ reason: String, _ fx: inout Effects) {
        guard !isFenced else { return }
        isFenced = true
        fx.append(.trace(.protocolViolation(reason)))
        failReads(.fenced, &fx)
        endChange(.rejected(.fenced), orUnknown: "this node has stopped itself", &fx)
        if let transfer { endTransfer(transfer, .rejected(.fenced), &fx) }
        fx.append(.abandon(after: .zero))
        fx.append(.fence(reason))
    }

    // MARK: What every part uses

    /// Submits one write. The hard state rides along when it changed, and then with the commit index known now, so that
    /// a restart shows no older state (rule C6).
    ///
    /// - Parameter replacesLog: it brings all that the log has from now on (a snapshot).
    @discardableResult
    mutating func persist(
        truncateAfter: LogIndex? = nil, repairs: EntryBatch = .empty, entries: EntryBatch = .empty,
        snapshot: Snapshot? = nil, purgeThrough: LogID? = nil, hardStateChanged: Bool = false,
        replacesLog: Bool = false, _ fx: inout Effects
    ) -> WriteID {
        hard.commitHint = max(hard.commitHint, commitIndex)
        forgetOldPromises()
        var (truncateAfter, entries, hardStateChanged) = (truncateAfter, entries, hardStateChanged)
        if room.isFull, repairs.isEmpty, !replacesLog, truncateAfter != nil || !entries.isEmpty {
            takeRefusedAlong(&truncateAfter, &entries, &hardStateChanged)
        }
        let brought = repairs.isEmpty ? entries : repairs
        let first = replacesLog ? LogIndex(1) : brought.isEmpty ? nil : brought.firstIndex
        let id = log.submit(firstIndex: first, changesHardState: hardStateChanged)
        times.writes.append(Times.Write(id: id, submitted: times.now))
        fx.append(
            .persist(
                StorageBatch(
                    group: group, truncateAfter: truncateAfter, repairs: repairs, entries: entries, snapshot: snapshot,
                    purgeThrough: purgeThrough, hardState: hard), id))
        return id
    }

    func send(_ message: Message, to member: Member, _ fx: inout Effects) {
        fx.append(.send(message, to: member))
    }

    /// Whether this very member belongs to the configuration in effect or to the committed one.
    package func isMember(_ member: Member) -> Bool {
        membership.slot(of: member) != nil || committed.membership.slot(of: member) != nil
    }

    private func isSuperseded(_ member: Member) -> Bool {
        !breaks(.acceptSuperseded)
            && membership.highestIncarnations.contains {
                $0.id == member.id && $0.incarnation > member.incarnation
            }
    }

    /// Every other member of the configuration in effect.
    var others: [Member] {
        membership.members.lazy.map(\.member).filter { $0 != member }
    }
}

/// A vote that was given in memory and may be told once it is durable (rule V1).
struct OwedVote: Hashable, Sendable {
    var candidate: Member
    var term: Term
    var round: UInt64
}

/// An answer to the leader that waits for the disk.
struct OwedReply: Hashable, Sendable {
    var stream: UInt32
    /// The sequence of the last request, or the round of the last heartbeat.
    var number: UInt64
    var hasMatch = true
}
