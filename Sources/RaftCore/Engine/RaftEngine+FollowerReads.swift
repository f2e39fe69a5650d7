import RaftMembership

/// Reads on a server that does not lead (rule R7): the leader is asked once for all that wait, and its answer counts for
/// those that had come when it was asked.
struct FollowerReads: Hashable, Sendable {
    struct Read: Hashable, Sendable {
        var id: ReadID
        var kind: ReadKind
        /// How often it is looked at again before it is given up (rule R3).
        var patience = 8
    }

    struct Answered: Hashable, Sendable {
        var read: Read
        /// What must be applied before it may be answered.
        var index: LogIndex
        var proof: ReadProof
    }

    /// Of the last question; each has its own (rule R2).
    var number: UInt64 = 0
    /// A question is under way, for those that it was asked for.
    var isAsking = false
    var asked: [Read] = []
    /// Came later.
    var waiting: [Read] = []
    /// Wait for the machine.
    var answered: [Answered] = []

    var isEmpty: Bool { asked.isEmpty && waiting.isEmpty && answered.isEmpty }

    /// Everything that waits has waited once more. Returns what is given up.
    mutating func losePatience() -> [Read] {
        var givenUp: [Read] = []
        func isGivenUp(_ read: inout Read) -> Bool {
            read.patience -= 1
            if read.patience <= 0 { givenUp.append(read) }
            return read.patience <= 0
        }
        for at in asked.indices.reversed() where isGivenUp(&asked[at]) { asked.remove(at: at) }
        for at in waiting.indices.reversed() where isGivenUp(&waiting[at]) { waiting.remove(at: at) }
        for at in answered.indices.reversed() where isGivenUp(&answered[at].read) { answered.remove(at: at) }
        return givenUp
    }
}

extension RaftEngine {
    mutating func requestFollowerRead(
        _ id: ReadID, _ kind: ReadKind, otherwise why: Rejection, _ now: Instant, _ fx: inout Effects
    ) {
        let read = FollowerReads.Read(id: id, kind: kind)
        if breaks(.readAtOwnCommit), kind == .follower {
            fx.append(.readReady(id, .round))
            return
        }
        noteVisible()
        if case .stale(let atMost) = kind, let visible = times.visible, now - visible.asked <= atMost {
            fx.append(.readReady(id, .age(since: visible.asked, atMost: atMost)))
            return
        }
        guard case .notLeader(.some) = why else {
            fail(read, why, &fx)
            return
        }
        followerReads.waiting.append(read)
        if !followerReads.isAsking { askLeader(now, &fx) }
    }

    /// One question for all that wait.
    private mutating func askLeader(_ now: Instant, _ fx: inout Effects) {
        followerReads.asked += followerReads.waiting
        followerReads.waiting = []
        guard let leader, !followerReads.asked.isEmpty else { return }
        followerReads.number += 1
        followerReads.isAsking = true
        times.followerReads = min(times.followerReads, now + configuration.electionTimeout.lowerBound)
        send(
            .readIndex(
                ReadIndex(term: term, start: hard.startCounter, number: followerReads.number, asked: now)),
            to: leader, &fx)
    }

    mutating func receive(_ reply: ReadIndexReply, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        if reply.term > term {
            // A member's word of a later term counts here too (rules V9, V14).
            if isMember(sender), !breaks(.ignoreTermInReplies) { adopt(reply.term, now, &fx) }
            return
        }
        guard followerReads.isAsking, reply.number == followerReads.number, reply.start == hard.startCounter,
            sender == leader, role != .leader
        else { return }
        followerReads.isAsking = false
        guard let index = reply.index else {
            failUnansweredReads(&fx)
            return
        }
        times.coming = Times.Confirmation(asked: reply.asked, index: index)
        for read in followerReads.asked {
            let proof: ReadProof =
                if case .stale(let atMost) = read.kind { .age(since: reply.asked, atMost: atMost) } else { .round }
            followerReads.answered.append(FollowerReads.Answered(read: read, index: index, proof: proof))
        }
        followerReads.asked = []
        releaseReads(&fx)
        if !followerReads.waiting.isEmpty { askLeader(now, &fx) }
    }

    /// What the last answer spoke of may be visible by now.
    private mutating func noteVisible() {
        guard let coming = times.coming, coming.index <= applySubmitted else { return }
        times.visible = coming
        times.coming = nil
    }

    mutating func releaseFollowerReads(_ fx: inout Effects) {
        noteVisible()
        guard !followerReads.answered.isEmpty else { return }
        // One that has learned meanwhile that it is a witness has no state to be read (rule X3).
        if isWitness, !breaks(.readAtWitness) {
            for answered in followerReads.answered { fail(answered.read, .witness, &fx) }
            followerReads.answered = []
        }
        let reached = applySubmitted
        followerReads.answered.removeAll { answered in
            guard answered.index <= reached else { return false }
            fx.append(.readReady(answered.read.id, answered.proof))
            return true
        }
        disarmFollowerReads()
    }

    /// The question or its answer was lost, or the machine is behind: asked again, some times, then given up (rule R3).
    mutating func followerReadsDeadlineReached(_ now: Instant, _ fx: inout Effects) {
        times.followerReads = .distantFuture
        for read in followerReads.losePatience() { fail(read, .unconfirmed, &fx) }
        followerReads.isAsking = false
        if let leader, !(followerReads.asked.isEmpty && followerReads.waiting.isEmpty) {
            let count = followerReads.asked.count + followerReads.waiting.count
            fx.append(.trace(.readsUnanswered(leader, count: count)))
            askLeader(now, &fx)
        }
        if !followerReads.isEmpty {
            times.followerReads = min(times.followerReads, now + configuration.electionTimeout.lowerBound)
        }
    }

    /// Nobody leads, or another: its question has to be put anew, by whoever made the call. What was answered stays true.
    mutating func failUnansweredReads(_ fx: inout Effects) {
        let unanswered = followerReads.asked + followerReads.waiting
        followerReads.asked = []
        followerReads.waiting = []
        followerReads.isAsking = false
        for read in unanswered { fail(read, isFenced ? .fenced : .notLeader(leader), &fx) }
        disarmFollowerReads()
    }

    mutating func failFollowerReads(_ fx: inout Effects) {
        failUnansweredReads(&fx)
        for answered in followerReads.answered { fx.append(.readFailed(answered.read.id, .fenced)) }
        followerReads.answered = []
        disarmFollowerReads()
    }

    private mutating func disarmFollowerReads() {
        if followerReads.isEmpty { times.followerReads = .distantFuture }
    }

    /// A read that may be old is told how old it would be, where nothing else stands against it.
    private func fail(_ read: FollowerReads.Read, _ why: Rejection, _ fx: inout Effects) {
        switch (read.kind, why) {
        case (.stale, .notLeader), (.stale, .unconfirmed):
            fx.append(.readFailed(read.id, .tooStale(age: times.visible.map { times.now - $0.asked })))
        default: fx.append(.readFailed(read.id, why))
        }
    }

    // MARK: The leader

    /// A peer that asks anew has given up its question of before, so that each has one at most.
    mutating func receive(_ question: ReadIndex, from sender: Member, _ now: Instant, _ fx: inout Effects) {
        guard isMember(sender) else { return }
        let asked = breaks(.ageFromLeader) ? now : question.asked
        let asker = ReadQuestion(member: sender, start: question.start, number: question.number, asked: asked)
        guard role == .leader, question.term == term else {
            answer(asker, nil, &fx)
            return
        }
        func isSuperseded(_ asker: ReadAsker) -> Bool {
            if case .peer(let question) = asker { question.member == sender } else { false }
        }
        reads.held.removeAll { isSuperseded($0.asker) }
        reads.unconfirmed.removeAll { isSuperseded($0.asker) }
        if breaks(.answerUnconfirmed) {
            answer(asker, commitIndex, &fx)
        } else {
            serve(.peer(asker), .follower, now, &fx)
        }
    }

    func answer(_ question: ReadQuestion, _ index: LogIndex?, _ fx: inout Effects) {
        send(
            .readIndexReply(
                ReadIndexReply(
                    term: term, start: question.start, number: question.number, asked: question.asked, index: index)),
            to: question.member, &fx)
    }
}
