@testable import RaftCore
import RaftMembership

// A leader that changes its configuration, and what its peers say to that.
extension TestEngine {
    /// The leader of term 2 of three servers unless others are given, with an entry of its own committed.
    static func leader(
        _ id: UInt64 = 1, _ membership: Membership = three, with voters: [UInt64] = [2],
        configuration: RaftConfiguration = RaftConfiguration()
    ) throws -> TestEngine {
        var leader = try TestEngine(id, membership, configuration: configuration)
        leader.lead(with: voters)
        leader.settle(voters)
        return leader
    }

    static func added(_ id: UInt64, as kind: MemberKind = .voter) -> MembershipChange {
        .add(NodeID(id), addresses: ["memory:\(id)"], as: kind)
    }

    /// Servers to be added are known unless they are to be asked.
    @discardableResult
    mutating func change(
        _ changes: MembershipChange..., call: UInt64 = 1, expected: LogID? = nil, asks: Bool = false
    ) -> [Effect] {
        let known = Membership.newcomers(in: changes).map { Self.member($0.id.rawValue) }
        return step(
            .changeRequested(
                CallID(rawValue: call), ChangeRequest(changes, expected: expected, known: asks ? [] : known)))
    }

    @discardableResult
    mutating func transfer(to target: NodeID? = nil, call: UInt64 = 1, givesUp: Bool = false) -> [Effect] {
        step(.transferRequested(CallID(rawValue: call), to: target, givesUp: givesUp))
    }

    /// What is known of a peer, one that left too.
    func peer(_ id: UInt64) -> Progress? { engine.progress.first { $0.member.id == NodeID(id) } }

    /// The peer acknowledges all that the log holds.
    @discardableResult
    mutating func acknowledge(_ id: UInt64) -> [Effect] {
        guard let peer = peer(id), engine.role == .leader else { return [] }
        return receive(
            .appendReply(
                AppendReply(
                    term: engine.term, stream: peer.stream, sequence: peer.sequence,
                    outcome: .matched(engine.log.last.index))), from: id)
    }

    /// The disk and these peers go on until they have all that there is.
    @discardableResult
    mutating func settle(_ peers: [UInt64]) -> [Effect] {
        var effects = persist()
        for _ in 0..<20 {
            let late = peers.filter { id in peer(id).map { $0.matchIndex < engine.log.last.index } ?? false }
            if late.isEmpty { break }
            for id in late { effects += acknowledge(id) + persist() }
        }
        return effects
    }

    /// The peer answers the last heartbeat.
    @discardableResult
    mutating func answerHeartbeat(_ id: UInt64, accepted: LogIndex? = nil) -> [Effect] {
        guard let peer = peer(id), engine.role == .leader else { return [] }
        return receive(
            .heartbeatReply(
                HeartbeatReply(
                    term: engine.term, stream: peer.stream, round: engine.reads.round, hasMatch: true,
                    accepted: accepted ?? peer.matchIndex, matched: peer.matchIndex)), from: id)
    }

    /// As many heartbeats, which these peers answer.
    @discardableResult
    mutating func beat(_ peers: [UInt64], times: Int = 1) -> [Effect] {
        var effects: [Effect] = []
        for _ in 0..<times where engine.role == .leader {
            let due = engine.times.heartbeat
            while engine.role == .leader, engine.times.heartbeat == due { effects += deadline() }
            for id in peers { effects += answerHeartbeat(id) }
        }
        return effects
    }

    /// What leader `id` of `term` sends: configurations, at term `written` each.
    func append(
        _ term: Term, after previous: LogID, configurations: [Membership], written: Term? = nil,
        commit: LogIndex = .zero, sequence: UInt64 = 1
    ) -> Message {
        var builder = EntryBatchBuilder(firstIndex: previous.index.next)
        for membership in configurations { Self.append(membership, term: written ?? term, to: &builder) }
        return .appendEntries(
            AppendEntries(
                term: term, stream: 1, sequence: sequence, previous: previous, leaderCommit: commit,
                entries: builder.finish()))
    }
}

extension ChangeOutcome {
    /// The line of a refusal.
    var refusal: String? { if case .refused(let reason) = self { reason } else { nil } }
    var unknown: String? { if case .unknown(let reason) = self { reason } else { nil } }
    var membership: Membership? { if case .changed(let logged) = self { logged.membership } else { nil } }
}

extension TransferOutcome {
    var failure: String? { if case .failed(let reason) = self { reason } else { nil } }
}
