@testable import RaftCore
import RaftMembership
import Testing

/// Rule D5, and rule V16 for those who campaign.
@Suite("Hung disks and priorities")
struct DiskStallTests {
    /// A leader with one write under way, and peers that go on answering heartbeats.
    private func hungLeader() throws -> TestEngine {
        var leader = try TestEngine()
        leader.lead(with: [2, 3])
        leader.receive(leader.matched(2, by: 2), from: 2)
        leader.receive(leader.matched(2, by: 3), from: 3)
        leader.step(.proposed([[1]]))
        leader.receive(leader.matched(3, by: 2), from: 2)
        return leader
    }

    /// Heartbeats, answered by all, for so long.
    private func pass(_ milliseconds: UInt64, _ leader: inout TestEngine) -> [Effect] {
        var effects: [Effect] = []
        let end = leader.now + milliseconds * 1_000_000
        while leader.engine.role == .leader, leader.engine.nextDeadline < end {
            effects += leader.deadline()
            for peer: UInt64 in [2, 3] where leader.engine.role == .leader {
                let progress = leader.progress(of: peer)
                effects += leader.receive(
                    .heartbeatReply(
                        HeartbeatReply(
                            term: leader.engine.term, stream: progress.stream, round: leader.engine.reads.round,
                            hasMatch: true, accepted: progress.matchIndex, matched: progress.matchIndex)),
                    from: peer)
            }
        }
        leader.now = max(leader.now, end)
        return effects
    }

    @Test("A leader whose write does not come back hands over, steps down without a write, and answers unknown (D5)")
    func stepsDown() throws {
        var leader = try hungLeader()
        #expect(pass(1900, &leader).abandoned.isEmpty && leader.engine.role == .leader)
        let effects = pass(400, &leader)
        #expect(leader.engine.role == .follower)
        #expect(effects.abandoned == [.zero])
        let successors = effects.sent.filter { if case .timeoutNow = $0.message { true } else { false } }.map(\.to.id)
        #expect(successors == [2], "node 2 holds everything")
        #expect(leader.writes.count == 1, "it needs no write to step down")
    }

    @Test("Nobody campaigns while its disk hangs, and everybody does when it has come back (D5)")
    func waits() throws {
        var leader = try hungLeader()
        _ = pass(2300, &leader)
        for _ in 0..<5 { #expect(leader.deadline().voteRequests.isEmpty) }
        leader.persist()
        var requests: [VoteRequest] = []
        for _ in 0..<2 { requests += leader.deadline().voteRequests }
        #expect(!requests.isEmpty)
    }

    @Test("A write that comes back in time changes nothing (D5)")
    func slowDisk() throws {
        var leader = try hungLeader()
        for _ in 0..<5 {
            #expect(pass(1900, &leader).abandoned.isEmpty)
            leader.persist()
            leader.step(.proposed([[1]]))
        }
        #expect(leader.engine.role == .leader)
    }

    @Test("A low priority waits longer, ever less so, and not at all from the fourth campaign on (V16)")
    func priority() throws {
        var configuration = RaftConfiguration()
        configuration.electionPriority = 0
        let range = configuration.electionTimeout
        var waits: [UInt64] = []
        var server = try TestEngine(configuration: configuration)
        for _ in 0..<6 {
            waits.append(server.engine.nextDeadline - server.now)
            server.deadline()
        }
        for (campaign, wait) in waits.enumerated() {
            let extra = range.upperBound * UInt64(3 - min(3, campaign)) / 3
            #expect((range.lowerBound + extra...range.upperBound + extra).contains(wait), "campaign \(campaign)")
        }
    }

    @Test("A priority is never a reason to refuse a vote (V16)")
    func granting() throws {
        var configuration = RaftConfiguration()
        configuration.electionPriority = 10
        var voter = try TestEngine(configuration: configuration)
        voter.receive(
            .voteRequest(VoteRequest(term: 2, round: 1, isPreVote: false, last: TestEngine.id(1, 1))), from: 3)
        #expect(voter.persist().voteReplies.map(\.isGranted) == [true])
    }
}
