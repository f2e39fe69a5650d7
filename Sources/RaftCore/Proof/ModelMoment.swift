/// What one step may take for granted about time, when time is abstracted to "this deadline may fire".
///
/// `Times` lie outside the engine's identity, so they are set anew before each step: silence of any length may lie
/// between two steps, and any deadline that is armed may be the one that is due. Every timing of a real run is among the
/// choices, and so are timings that no clock would show (silence that ends without a message): safety must not depend on
/// them, so a rule that holds under all choices holds under all clocks.
package enum ModelMoment: UInt8, CaseIterable, Sendable {
    /// Everybody was heard from a moment ago, and no deadline is due.
    case recent
    /// Nobody was heard from for long: loyalty has lapsed, losses are believed in. No deadline is due.
    case late
    /// The election timeout has passed.
    case election
    /// A leader's heartbeat is due, with a live quorum.
    case heartbeat
    /// The same, and peers that did not answer a probe may be probed again, or offered their snapshot.
    case probe
    /// A leader's heartbeat is due, and no quorum was heard from.
    case silence
    /// Idle peers are to be told of the commit index.
    case commitNotice
    /// Proposals left over from a lost leadership end as unknown.
    case waiters
    /// A transfer of leadership has taken too long.
    case transfer

    package var isDeadline: Bool { self != .recent && self != .late }
}

extension RaftEngine {
    /// A step at a moment instead of an instant.
    package mutating func step(_ input: Input, at moment: ModelMoment, into effects: inout Effects) {
        let now = Instant(nanoseconds: 1 << 50)
        let later = Instant(nanoseconds: 1 << 60)
        let isLate = moment == .late || moment == .silence
        let contact = isLate ? Instant.origin : now
        // What is armed stays armed; what is not stays so.
        if times.commitNotice != .distantFuture { times.commitNotice = later }
        if times.waiters != .distantFuture { times.waiters = later }
        if times.change != .distantFuture { times.change = later }
        if times.transfer != .distantFuture { times.transfer = later }
        times.election = .distantFuture
        times.heartbeat = .distantFuture
        times.formation = .distantFuture
        switch moment {
        case .recent, .late: break
        case .election: times.election = now
        case .heartbeat, .probe, .silence: times.heartbeat = now
        case .commitNotice: times.commitNotice = now
        case .waiters: times.waiters = now
        case .transfer: times.transfer = now
        }
        // Promises are a matter of clocks alone, and no safety rule but that of leases rests on them.
        times.promiseEnds = .origin
        times.abstainsUntil = .origin
        if times.lastLeaderContact != nil { times.lastLeaderContact = contact }
        for slot in times.peers.indices {
            times.peers[slot] = Times.Peer(
                lastHeard: contact, probeAgain: moment == .probe ? now : .distantFuture,
                stalledSince: isLate ? .origin : nil, roundStart: now, advanced: now,
                departBy: isLate ? .origin : .distantFuture)
        }
        step(input, at: now, into: &effects)
    }

    /// Whether the deadline can do anything in this state.
    package func isArmed(_ moment: ModelMoment) -> Bool {
        switch moment {
        case .recent, .late: false
        case .election: role != .leader && mayCampaign
        case .heartbeat, .silence: role == .leader
        case .probe: role == .leader && progress.contains { $0.isProbing || $0.mode == .snapshot }
        case .commitNotice: role == .leader && times.commitNotice != .distantFuture
        case .waiters: times.waiters != .distantFuture
        case .transfer: times.transfer != .distantFuture
        }
    }
}
