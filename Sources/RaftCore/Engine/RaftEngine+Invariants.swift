import RaftMembership

extension RaftEngine {
    /// Checks what must hold between any two steps. Compiled into debug builds and test builds, where the driver and the
    /// tests call it after each step; free otherwise.
    package func checkInvariants() {
        #if DEBUG || TestBuild
            if let broken = brokenInvariant() { preconditionFailure(broken) }
        #endif
    }

    /// What does not hold and must; nil when all does.
    package func brokenInvariant() -> String? {
        func require(_ holds: Bool, _ what: String) throws(BrokenInvariant) {
            if !holds { throw BrokenInvariant(what: what) }
        }
        do {
            try require(commitIndex <= log.last.index, "committed is at most accepted (D6)")
            try require(log.flushed <= log.last.index, "flushed is at most accepted (D6)")
            try require(
                applySubmitted <= commitIndex && applySubmitted <= max(log.flushed, log.base.index),
                "only what is committed and durable here is applied here (C6)")
            try require(
                snapshots.installing != nil || newestSnapshot <= applySubmitted, "the snapshot's state is restored (S2)"
            )
            try require(
                transfers.isEmpty || role == .leader, "only leaders send snapshots (S6)")
            try require(appliedIndex <= applySubmitted, "applied is at most what was ordered (D6)")
            try require(log.base.index <= newestSnapshot, "what was purged is in the snapshot (S1)")
            try require(log.last.term <= term, "no entry is of a later term")
            try require(verified <= log.last.index, "verified entries are in the log")
            try require(configurations.count >= 1, "there is a committed configuration, or none")
            try require(
                zip(configurations, configurations.dropFirst()).allSatisfy { $0.id.index < $1.id.index },
                "configurations follow the log (M2)")
            try require(configuration.isQuorum(quorum, of: membership), "the quorum is that of the configuration (C3)")
            if let owedVote { try require(owedVote.term <= term, "a vote is owed for a later term (V5)") }
            if role == .candidate { try require(hard.votedFor == member, "a candidate voted for itself (V3)") }
            if !breaks(.overlapChanges) {
                // Of those that it found when it was elected it may not know yet that they are committed.
                try require(
                    configurations.count <= 2 || role != .leader || effective.id.term != term,
                    "a leader has one uncommitted configuration at most (M1)")
            }
            if role == .leader {
                try require(leader == member && hard.votedFor == member, "a leader voted for itself (V3)")
                try require(
                    zip(membership.members, progress).allSatisfy { $0.member == $1.member && $1.departure == nil }
                        && progress.count >= membership.members.count && progress.count == times.peers.count,
                    "every member has progress, in its slot (P2)")
                try require(
                    progress.dropFirst(membership.members.count).allSatisfy { $0.departure != nil },
                    "behind the members stand those that left (M6)")
                for peer in progress where peer.member != member {
                    try require(peer.matchIndex < peer.nextIndex, "matchIndex is below nextIndex (P2)")
                    try require(peer.nextIndex <= log.last.index.next, "nothing is sent that is not there")
                    try require(peer.inflight.count <= configuration.windowRequests, "the window holds (P4)")
                    if peer.nextIndex == peer.matchIndex.next {
                        try require(peer.inflight.bytes == 0, "nothing is under way to a peer that has all (P4)")
                    }
                }
                if commitIndex == log.last.index, log.flushed == log.last.index {
                    try require(uncommitted.bytes == 0, "nothing is uncommitted in a quiet log (P4)")
                }
                // One command is taken whatever its size.
                try require(
                    uncommitted.count <= 1 || uncommitted.bytes <= configuration.maximumUncommittedBytes,
                    "uncommitted bytes are within their cap (P8)")
            } else {
                try require(progress.isEmpty && uncommitted.bytes == 0, "only leaders track progress (P4)")
                try require(
                    change == nil, "changes are carried out by a leader, and end with its leadership (M3)")
                try require(
                    reads.held.isEmpty && reads.unconfirmed.isEmpty && reads.confirmed.isEmpty,
                    "reads end with the leadership (R3)")
                try require(
                    followerReads.isEmpty || times.followerReads != .distantFuture,
                    "a read that waits is looked at again (R3)")
            }
            return nil
        } catch {
            return error.what
        }
    }
}

private struct BrokenInvariant: Error {
    var what: String
}
