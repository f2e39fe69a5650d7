import RaftMembership

extension RaftEngine {
    /// Checks what must hold between any two steps. Compiled into debug builds and test builds, where the driver and the
    /// tests call it after each step; free otherwise.
    package func checkInvariants() {
        #if DEBUG || TestBuild
            precondition(commitIndex <= log.last.index, "committed is at most accepted (D6)")
            precondition(log.flushed <= log.last.index, "flushed is at most accepted (D6)")
            precondition(applySubmitted <= commitIndex && applySubmitted <= max(log.flushed, log.base.index), "C6")
            precondition(appliedIndex <= applySubmitted, "applied is at most what was ordered (D6)")
            precondition(log.last.term <= term, "no entry is of a later term")
            precondition(verified <= log.last.index, "verified entries are in the log")
            precondition(configurations.count >= 1, "there is a committed configuration, or none")
            precondition(zip(configurations, configurations.dropFirst()).allSatisfy { $0.id.index < $1.id.index }, "M2")
            precondition(quorum == membership.quorum, "the quorum is that of the configuration in effect (C3)")
            if role == .leader {
                precondition(leader == member && hard.votedFor == member, "a leader voted for itself (V3)")
                precondition(progress.count == membership.members.count, "every member has progress")
                for (slot, peer) in progress.enumerated() where peer.member != member {
                    precondition(peer.matchIndex < peer.nextIndex, "P2")
                    precondition(peer.nextIndex <= log.last.index.next, "nothing is sent that is not there")
                    precondition(peer.inflight.count <= configuration.windowRequests, "P4")
                    if peer.nextIndex == peer.matchIndex.next { precondition(peer.inflight.bytes == 0, "P4: \(slot)") }
                }
                if commitIndex == log.last.index, log.flushed == log.last.index {
                    precondition(uncommitted.bytes == 0, "P4")
                }
            } else {
                precondition(progress.isEmpty && uncommitted.bytes == 0, "only leaders track progress")
                precondition(reads.held.isEmpty && reads.unconfirmed.isEmpty && reads.confirmed.isEmpty, "R3")
            }
            if role == .candidate { precondition(hard.votedFor == member, "a candidate voted for itself") }
            if let owedVote { precondition(owedVote.term <= term, "V5") }
        #endif
    }
}
