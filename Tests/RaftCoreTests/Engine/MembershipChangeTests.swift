@testable import RaftCore
import RaftMembership
import Testing

/// Rules M1 to M5, M7 and M8, on one engine: which configuration is appended when.
@Suite("Changing the membership")
struct MembershipChangeTests {
    @Test("A leader changes nothing before an entry of its own term is committed (M1)")
    func ownTermFirst() throws {
        var leader = try TestEngine(commit: 1)
        leader.lead()
        leader.change(.remove(3))
        leader.beat([2, 3])
        #expect(leader.engine.log.last.index == 2 && !leader.engine.membership.isJoint)
        leader.acknowledge(2)
        #expect(leader.engine.log.last.index == 3 && leader.engine.membership.isJoint)
    }

    @Test("One configuration is under way at a time, and another call is told so (M1)")
    func oneAtATime() throws {
        var leader = try TestEngine.leader()
        leader.change(.remove(3))
        var done: [ChangeOutcome] = []
        for _ in 0..<2 {
            #expect(done.isEmpty)
            let last = leader.engine.log.last
            let refused = leader.change(.setAddresses(2, ["memory:9"]), call: 2)
            #expect(refused.changes.first?.refusal?.contains("under way") == true && refused.changes.count == 1)
            #expect(leader.engine.log.last == last && leader.engine.configurations.count == 2)
            leader.persist()
            done += leader.acknowledge(2).changes
        }
        #expect(done.first?.membership?.voters == [1, 2] && leader.engine.configurations.count == 1)
        #expect(leader.change(.setAddresses(2, ["memory:9"]), call: 2).changes.isEmpty)
    }

    @Test("A change that was decided upon another configuration is refused at once, and nobody is asked who is to join")
    func comparedFirst() throws {
        var leader = try TestEngine.leader()
        let other = LogID(term: 9, index: 9)
        let effects = leader.change(TestEngine.added(4), expected: other, asks: true)
        #expect(effects.changes.first?.refusal?.contains("of entry \(leader.engine.effective.id), not of") == true)
        #expect(leader.engine.change == nil && leader.engine.strangers.isEmpty)
        let right = leader.change(TestEngine.added(4), expected: leader.engine.effective.id, asks: true)
        #expect(right.changes.isEmpty && leader.engine.change != nil)
    }

    @Test("A configuration is in effect when it is appended, and undone when its entry is truncated (M2)")
    func undone() throws {
        var follower = try TestEngine()
        let joint = TestEngine.membership([1, 2, 4], old: [1, 2, 3])
        follower.receive(follower.append(2, after: TestEngine.id(1, 1), configurations: [joint]), from: 2)
        #expect(follower.engine.membership == joint && follower.engine.quorum == joint.quorum)
        let effects = follower.receive(follower.append(3, after: TestEngine.id(1, 1), [3]), from: 3)
        #expect(follower.engine.membership == TestEngine.three && follower.engine.configurations.count == 2)
        #expect(follower.engine.quorum == TestEngine.three.quorum)
        #expect(effects.contains { if case .membershipChanged = $0 { true } else { false } })
    }

    @Test("Every leader leaves a joint configuration that it finds, once both halves have committed it (M3)")
    func finishes() throws {
        let joint = TestEngine.membership([1, 4, 5], old: [1, 2, 3])
        var leader = try TestEngine(1, TestEngine.three, joint)
        leader.lead(with: [2, 4])
        for peer in [2, 3] as [UInt64] { leader.acknowledge(peer) }
        leader.beat([2, 3, 4, 5])
        #expect(leader.engine.commitIndex == 0 && leader.engine.membership == joint)
        leader.acknowledge(5)
        #expect(leader.engine.commitIndex == 3 && leader.engine.log.last.index == 4)
        #expect(leader.engine.membership.voters == [1, 4, 5] && !leader.engine.membership.isJoint)
        leader.settle([4])
        #expect(leader.engine.commitIndex == 4)
    }

    @Test("A call returns when the configuration asked for is committed, and not before (M3)")
    func returnsAtTheEnd() throws {
        var leader = try TestEngine.leader()
        var seen: [Bool] = []
        var outcomes = leader.change(.remove(3)).changes
        for _ in 0..<2 {
            outcomes += leader.persist().changes
            seen.append(leader.engine.membership.isJoint)
            outcomes += leader.acknowledge(2).changes
            seen.append(outcomes.isEmpty)
        }
        #expect(seen == [true, true, false, false])
        #expect(outcomes == [.changed(leader.engine.committed)] && leader.engine.change == nil)
    }

    @Test("A leader outside of the new configuration counts itself in no quorum from its append on (M4)")
    func countsItselfNot() throws {
        var leader = try TestEngine.leader()
        leader.change(.remove(1))
        leader.persist()
        // The new half is nodes 2 and 3, and needs both.
        leader.acknowledge(2)
        leader.acknowledge(3)
        leader.persist()
        #expect(leader.engine.ownSlot == nil && leader.engine.quorum == Quorum(incoming: [0, 1]))
        leader.acknowledge(2)
        #expect(leader.engine.committed.membership.isJoint)
        leader.acknowledge(3)
        #expect(!leader.engine.committed.membership.isJoint)
    }

    @Test("A leader outside of the configuration hands over to a voter that has everything, and leads no more (M4)")
    func handsOver() throws {
        var leader = try TestEngine.leader()
        leader.change(.remove(1))
        let effects = leader.settle([2, 3])
        #expect(effects.changes.first?.membership?.voters == [2, 3])
        #expect(leader.engine.isRemoved)
        #expect(effects.timeoutNows == [TimeoutNow(term: 2, last: leader.engine.log.last)])
        leader.receive(
            .heartbeatReply(
                HeartbeatReply(term: 3, stream: 0, round: 9, hasMatch: false, accepted: 0, matched: 0)), from: 3)
        #expect(leader.engine.role == .follower && leader.engine.transfer == nil && !leader.engine.mayCampaign)
    }

    @Test("A leader outside of the configuration repeats what may have been lost, and steps down all the same (M4, T1)")
    func stepsDown() throws {
        var leader = try TestEngine.leader()
        leader.change(.remove(1))
        leader.settle([2, 3])
        #expect(leader.beat([2, 3]).timeoutNows.count == 1)
        leader.beat([2, 3], times: 10)
        #expect(leader.engine.role == .follower && leader.engine.nextDeadline > leader.now)
        for _ in 0..<20 { #expect(leader.deadline().voteRequests.isEmpty) }
    }

    @Test("A leader that becomes a learner hands over too (M4)")
    func demotesItself() throws {
        var leader = try TestEngine.leader()
        leader.change(.demote(1))
        let effects = leader.settle([2, 3])
        #expect(effects.changes.first?.membership?.kind(of: 1) == .learner)
        #expect(effects.timeoutNows.count == 1 && !leader.engine.isRemoved && !leader.engine.mayCampaign)
        leader.beat([2, 3], times: 10)
        #expect(leader.engine.role == .follower)
    }

    @Test("The last voter is not removed, and no configuration is empty (M5)")
    func lastVoter() throws {
        var leader = try TestEngine.leader(1, TestEngine.membership([1]), with: [])
        let last = leader.engine.log.last
        let refused = leader.change(.remove(1))
        #expect(refused.changes == [.refused("no voter would be left: a configuration needs at least one")])
        #expect(leader.engine.log.last == last && leader.engine.change == nil)
    }

    @Test("A change of addresses keeps the role, and needs no joint configuration (M8)")
    func addresses() throws {
        var leader = try TestEngine.leader()
        leader.change(.setAddresses(2, ["memory:two"]))
        #expect(!leader.engine.membership.isJoint)
        let done = leader.settle([2])
        #expect(done.changes.first?.membership?.members[1].addresses == ["memory:two"])
        #expect(leader.engine.membership.voters == [1, 2, 3] && leader.engine.configurations.count == 1)
    }

    @Test("A change is refused when the configuration in effect is not the one that the caller saw (M1)")
    func compareAndSet() throws {
        var leader = try TestEngine.leader()
        let seen = leader.engine.effective.id
        let refused = leader.change(.remove(3), expected: TestEngine.id(9, 9))
        #expect(refused.changes.first?.refusal?.contains("not of entry 9@9") == true)
        #expect(!leader.engine.membership.isJoint && leader.engine.change == nil)
        leader.change(.remove(3), expected: seen)
        leader.settle([2])
        #expect(leader.engine.membership.voters == [1, 2])
        #expect(leader.change(.remove(2), expected: seen).changes.first?.refusal != nil)
    }

    @Test("Who does not lead takes no change, and says who does")
    func followers() throws {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(2), from: 2)
        #expect(follower.change(.remove(3)).changes == [.rejected(.notLeader(TestEngine.member(2)))])
    }

    @Test("A change that is lost with the leadership was rejected, or is unknown once a part of it was appended (M3)")
    func lostLeadership() throws {
        var leader = try TestEngine.leader()
        leader.change(TestEngine.added(4), asks: true)
        let rejected = leader.receive(leader.heartbeat(3), from: 2)
        #expect(rejected.changes == [.rejected(.notLeader(nil))])
        leader = try TestEngine.leader()
        leader.change(.remove(3))
        let unknown = leader.receive(leader.heartbeat(3), from: 2)
        #expect(unknown.changes.count == 1 && unknown.changes[0].unknown?.contains("next leader finishes") == true)
        // Its entry goes, and nothing of it is left.
        leader.receive(leader.append(3, after: TestEngine.id(2, 2), [3], commit: 3), from: 2)
        #expect(leader.engine.membership == TestEngine.three && leader.engine.change == nil)
    }

    @Test("A change that ends with its node is rejected, or unknown (M3)", arguments: [true, false])
    func fenced(hasAppended: Bool) throws {
        var leader = try TestEngine.leader()
        leader.change(hasAppended ? .remove(3) : TestEngine.added(4), asks: true)
        let ended = leader.step(.futureMessage(2, "a test"))
        #expect(ended.changes.count == 1 && (ended.changes[0] == .rejected(.fenced)) == !hasAppended)
        #expect(leader.change(.remove(3), call: 2).changes == [.rejected(.fenced)])
    }

    // MARK: Newcomers

    static func answer(_ engine: TestEngine, _ cluster: ClusterID? = nil) -> Message {
        .formationAnswer(FormationAnswer(nonce: engine.engine.change?.nonce ?? 0, cluster: cluster))
    }

    @Test("A newcomer is asked who it is before anything is appended; then it is a learner first (M7)")
    func asked() throws {
        var leader = try TestEngine.leader()
        let last = leader.engine.log.last
        let asked = leader.change(TestEngine.added(4), asks: true)
        #expect(asked.queries.count == 1 && asked.sent.first?.to == Member(id: 4, incarnation: .unknown))
        #expect(leader.engine.strangers == [FormationMember(id: 4, addresses: ["memory:4"])])
        // An answer to another question says nothing.
        leader.receive(.formationAnswer(FormationAnswer(nonce: 1, cluster: nil)), from: 4)
        #expect(leader.engine.log.last == last)
        leader.receive(Self.answer(leader), from: 4)
        leader.receive(Self.answer(leader), from: 4)
        #expect(leader.engine.log.last.index == last.index.next && leader.engine.strangers.isEmpty)
        #expect(leader.engine.membership.kind(of: 4) == .learner && leader.engine.membership.voters == [1, 2, 3])
        #expect(leader.engine.quorum == Quorum(incoming: [0, 1, 2]))
        let done = leader.settle([2, 4])
        #expect(done.changes.first?.membership?.voters == [1, 2, 3, 4])
        #expect(leader.engine.committed.membership.highestIncarnations.contains(TestEngine.member(4)))
    }

    @Test("A newcomer of another cluster is refused, and one that left this cluster is not (M7)")
    func otherCluster() throws {
        var leader = try TestEngine.leader()
        let other = ClusterID(high: 1, low: 1)
        leader.change(TestEngine.added(4), asks: true)
        let refused = leader.receive(Self.answer(leader, other), from: 4)
        #expect(refused.changes == [.refused("node 4 belongs to cluster \(other) already")])
        leader.change(TestEngine.added(4), call: 2, asks: true)
        #expect(leader.receive(Self.answer(leader, TestEngine.cluster), from: 4).changes.isEmpty)
        #expect(leader.engine.membership.kind(of: 4) == .learner)
    }

    @Test("A newcomer that does not answer is asked again, and given up in the end: nothing was appended")
    func silentNewcomer() throws {
        var leader = try TestEngine.leader()
        let last = leader.engine.log.last
        leader.change(TestEngine.added(4), asks: true)
        #expect(leader.beat([2, 3], times: 11).queries.count >= 1)
        let reconnected = leader.step(.connected(TestEngine.member(4)))
        #expect(reconnected.queries.count == 1)
        let ended = leader.beat([2, 3], times: 400)
        #expect(
            ended.changes == [.refused("node 4 does not answer at memory:4: start it there, and try again")])
        #expect(leader.engine.log.last == last && leader.engine.strangers.isEmpty && leader.engine.role == .leader)
    }

    @Test("A server whose disk was lost joins as another member, after the old one has left (M7, M10)")
    func nextLife() throws {
        var leader = try TestEngine.leader()
        let next = Member(id: 3, incarnation: Incarnation(900))
        leader.step(
            .changeRequested(
                CallID(rawValue: 1),
                ChangeRequest([.remove(3), .add(3, addresses: ["memory:three"])], known: [next])))
        var seen: [[Member]] = []
        var done: [ChangeOutcome] = []
        for _ in 0..<12 {
            let members = leader.engine.membership.members.map(\.member)
            if seen.last != members { seen.append(members) }
            done += leader.persist().changes + leader.acknowledge(2).changes
            if let peer = leader.peer(3), peer.member == next, peer.matchIndex < leader.engine.log.last.index {
                done +=
                    leader.step(
                        .received(
                            Envelope(
                                group: .first, from: next, to: leader.engine.member,
                                message: leader.matched(leader.engine.log.last.index, by: 3)))
                    ).changes
            }
        }
        let one = TestEngine.member(1)
        let two = TestEngine.member(2)
        #expect(seen == [[one, two, TestEngine.member(3)], [one, two], [one, two, next]])
        #expect(done.first?.membership?.isVoter(next) == true && done.count == 1)
        #expect(leader.engine.progress.map(\.member) == [one, two, next], "its former life is told nothing")
    }
}
