import RaftCore
import RaftMembership

// What reads rest on: promises of voters, leases of leaders, the age of what is read.
extension SafetyProperties {
    /// A voter that promised its leader to vote for nobody else keeps to it, by its own clock, in later terms and after
    /// restarts too (rules R4, R6); unless that leader or a later one has handed over (rule R5).
    func checkPromise(_ envelope: Envelope, from node: SimulatedNode) {
        guard node.damage == nil else { return }
        switch envelope.message {
        case .appendReply(let reply): note(reply.promise, in: reply.term, of: node)
        case .heartbeatReply(let reply): note(reply.promise, in: reply.term, of: node)
        case .voteRequest(let request):
            // A turn may end a campaign that it began: the promise was given after the question.
            if request.isPreVote, node.promise.given == world.now { return }
            checkPromise(of: node, for: request.term, "campaigns")
        case .voteReply(let reply) where reply.isGranted:
            checkPromise(
                of: node, for: reply.askedTerm, "grants \(envelope.to) a \(reply.isPreVote ? "pre-vote" : "vote")")
        default: break
        }
    }

    private func note(_ promise: UInt64, in term: Term, of node: SimulatedNode) {
        guard promise > 0 else { return }
        if promise > node.disk.image.hardState?.largestPromise ?? 0 {
            fail("R6", "\(node.id) promises its vote for \(promise / 1_000_000) ms, which is not durable")
        }
        // What waited for the disk may go out when a later leader has been heard: the contact is that one's then.
        guard let engine = node.life?.driver?.engine, engine.term == term else { return }
        guard let contact = engine.lastLeaderContact, contact + promise > node.promise.until else { return }
        node.promise = GivenPromise(until: contact + promise, term: term, given: world.now, life: node.lives)
    }

    private func checkPromise(of node: SimulatedNode, for term: Term, _ what: String) {
        let promise = node.promise
        let now = node.clock.time(at: world.now)
        guard promise.until > now, term > promise.term else { return }
        // Who votes alone has nobody to wait for.
        guard node.life?.driver?.engine.membership.voters.count != 1 else { return }
        if handovers.keys.contains(where: { $0 >= promise.term && $0 < term }) { return }
        fail(
            promise.life == node.lives ? "R4" : "R6",
            "\(node.id) \(what) for term \(term), though it is bound for another "
                + "\((promise.until - now) / 1000) µs by what it promised in term \(promise.term)")
    }

    /// While a lease stands nobody else leads (rules R4, R5).
    func answeredByLease(_ node: SimulatedNode) {
        guard let engine = node.life?.driver?.engine, engine.term < highestLedTerm else { return }
        fail(
            handovers[engine.term] == nil ? "R4" : "R5",
            "\(node.id) reads by its lease of term \(engine.term), though term \(highestLedTerm) has a leader")
    }

    /// What is read was current at some instant within the bound (rule R7).
    func answeredStale(_ node: SimulatedNode, at position: LogIndex, atMost age: UInt64) {
        // By the reader's clock, which is slow by a tenth at most.
        let since = world.now.rawValue - min(world.now.rawValue, age / 9 * 10 + 10)
        let current = LogIndex(UInt64(count(committedBy: Instant(nanoseconds: since))))
        guard position < current else { return }
        fail(
            "R7",
            "\(node.id) shows entries to \(position) as at most \(age / 1_000_000) ms old, and \(current) was committed "
                + "before")
    }

    private func count(committedBy instant: Instant) -> Int {
        var low = 0
        var high = committedAt.count
        while low < high {
            let middle = (low + high) / 2
            if committedAt[middle] < instant { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
