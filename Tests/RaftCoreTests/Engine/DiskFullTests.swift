@testable import RaftCore
import RaftMembership
import Testing

/// Rule D4, in the engine.
@Suite("Full disks")
struct DiskFullTests {
    /// Of term 2, with entry 2 in memory only, for its disk is full.
    private func fullFollower() throws -> TestEngine {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(2))
        follower.persist()
        follower.receive(follower.append(2, after: TestEngine.id(1, 1), [2]))
        follower.refuse()
        return follower
    }

    /// Of term 2, whose no-op all have; command 3 is in its memory, and its disk refuses it.
    private func fullLeader(_ peersLackRoom: [UInt64] = []) throws -> (leader: TestEngine, effects: [Effect]) {
        var leader = try TestEngine()
        leader.lead(with: [2, 3])
        for peer: UInt64 in [2, 3] { leader.receive(leader.matched(2, by: peer), from: peer) }
        leader.step(.applied(through: 2))
        leader.step(.proposed([[1]]))
        for peer in peersLackRoom { leader.full(2, at: peer) }
        let effects = leader.refuse()
        return (leader, effects)
    }

    // MARK: Followers

    @Test("A follower whose disk is full says at once how far it has come, and that it has no room (D4, L10)")
    func refuses() throws {
        var follower = try TestEngine()
        follower.receive(follower.heartbeat(2))
        follower.persist()
        #expect(follower.receive(follower.append(2, after: TestEngine.id(1, 1), [2])).appendReplies.isEmpty)
        let replies = follower.refuse().appendReplies
        #expect(replies.map(\.outcome) == [.matched(1)] && replies.map(\.lacksRoom) == [true])
        #expect(follower.receive(follower.heartbeat(2)).heartbeatReplies.map(\.lacksRoom) == [true])
    }

    @Test("A full disk is given nothing more, and every request is answered at once (D4)")
    func takesNothing() throws {
        var follower = try fullFollower()
        let effects = follower.receive(follower.append(2, after: TestEngine.id(2, 2), [2, 2], commit: 4, sequence: 2))
        #expect(effects.writes.isEmpty && effects.matches == [1] && follower.engine.log.last.index == 2)
        #expect(effects.applies == [1], "entry 2 is committed, and not on this disk (C6)")
    }

    @Test("A server with a full disk votes: its vote is written, and then leaves (D4, V1)")
    func votes() throws {
        var follower = try fullFollower()
        follower.pass(milliseconds: 1000)
        #expect(follower.receive(follower.voteRequest(3), from: 3).writes.map(\.hardState?.term) == [3, 3])
        #expect(follower.persist().voteReplies.map(\.isGranted) == [true])
        #expect(follower.engine.log.flushed == 1)
    }

    @Test("A no-op goes into the reserve, and takes along what was refused before it (D4)")
    func noOp() throws {
        var follower = try fullFollower()
        var builder = EntryBatchBuilder(firstIndex: 3)
        builder.append(.noOp, term: 3, payload: [])
        TestEngine.append(3, to: &builder)
        let request = AppendEntries(
            term: 3, stream: 1, sequence: 1, previous: TestEngine.id(2, 2), leaderCommit: 0, entries: builder.finish())
        let writes = follower.receive(.appendEntries(request), from: 3).writes.filter { !$0.entries.isEmpty }
        #expect(writes.map(\.truncateAfter) == [1])
        #expect(writes.first?.entries.firstIndex == 2 && writes.first?.entries.lastIndex == 3)
        let replies = follower.persist().appendReplies
        #expect(replies.last?.outcome == .matched(3) && replies.last?.lacksRoom == true)
    }

    @Test("A disk is asked ever more rarely whether it has room, on no other occasion, and at least every 10 s (D4)")
    func backsOff() throws {
        var follower = try fullFollower()
        var waits: [UInt64] = []
        for _ in 0..<9 {
            waits.append(follower.untilProbed())
            #expect(follower.step(.diskProbed(hasRoom: false)).isEmpty)
        }
        #expect(zip(waits, waits.dropFirst()).allSatisfy { $0 <= $1 } && waits.last == 10_000)
        #expect(waits.first == follower.engine.configuration.electionTimeout.upperBound / 1_000_000)
    }

    @Test("With room again what was refused is written, and service goes on without a restart (D4)")
    func resumes() throws {
        var follower = try fullFollower()
        _ = follower.untilProbed()
        let writes = follower.step(.diskProbed(hasRoom: true)).writes
        #expect(writes.map(\.truncateAfter) == [1] && writes.map(\.entries.lastIndex) == [2])
        #expect(follower.engine.room.isFull, "a word is no write")
        let events = follower.persist().events
        #expect(events.contains(.diskHasRoom) && !follower.engine.room.isFull && follower.engine.log.flushed == 2)
        follower.receive(follower.append(2, after: TestEngine.id(2, 2), [2]))
        let replies = follower.persist().appendReplies
        #expect(replies.map(\.outcome) == [.matched(3)] && replies.map(\.lacksRoom) == [false])
    }

    @Test("A disk that refuses again after it said that it has room is asked again (D4)")
    func refusesAgain() throws {
        var follower = try fullFollower()
        let first = follower.untilProbed()
        follower.step(.diskProbed(hasRoom: true))
        follower.refuse()
        #expect(follower.engine.room.isFull && follower.untilProbed() > first)
        follower.step(.diskProbed(hasRoom: true))
        follower.persist()
        #expect(!follower.engine.room.isFull && follower.engine.log.flushed == 2)
    }

    @Test("A server with a full disk takes leadership from nobody, and campaigns as one of the lowest priority (D4)")
    func campaigns() throws {
        var follower = try fullFollower()
        let handover = TimeoutNow(term: 2, last: follower.engine.log.last)
        #expect(follower.receive(.timeoutNow(handover)).writes.isEmpty && follower.engine.role == .follower)
        let range = follower.engine.configuration.electionTimeout
        follower.receive(follower.heartbeat(2))
        #expect(follower.engine.times.election - follower.now >= range.lowerBound + range.upperBound)
    }

    // MARK: Leaders

    @Test("A leader with a full disk refuses proposals and names itself, while its reads go on (D4)")
    func refusesProposals() throws {
        var (leader, effects) = try fullLeader([2, 3])
        #expect(effects.timeoutNows.isEmpty && leader.engine.role == .leader)
        effects = leader.step(.proposed([[2]]))
        #expect(effects.rejections == [.diskFull([1, 2, 3])] && effects.writes.isEmpty)
        leader.step(.readRequested(ReadID(rawValue: 1)))
        var answered: [ReadID] = []
        for _ in 0..<10 where answered.isEmpty {
            leader.deadline()
            answered = leader.beat(2, lacksRoom: true).readies
        }
        #expect(answered.map(\.rawValue) == [1])
    }

    @Test("A leader with a full disk hands over to who has room and all of the log, and to nobody else (D4)")
    func handsOver() throws {
        var (leader, effects) = try fullLeader()
        #expect(effects.timeoutNows.isEmpty, "nobody has entry 3 yet")
        effects = leader.receive(leader.matched(3, by: 2), from: 2)
        #expect(effects.sent.filter { if case .timeoutNow = $0.message { true } else { false } }.map(\.to.id) == [2])
        #expect(leader.writes.isEmpty, "it needs no write for it")
    }

    @Test("A leader with a full disk stays where the others could commit nothing without it (D4)")
    func stays() throws {
        var (leader, _) = try fullLeader([3])
        #expect(leader.receive(leader.matched(3, by: 2), from: 2).timeoutNows.isEmpty)
        leader.deadline()
        #expect(leader.beat(2).timeoutNows.isEmpty && leader.engine.transfer == nil)
        leader.beat(3)
        leader.receive(leader.matched(3, by: 3), from: 3)
        for _ in 0..<5 where leader.engine.transfer == nil { leader.deadline() }
        #expect(leader.engine.transfer?.target.id == 2, "now they can")
    }

    @Test("Leadership is not given to a peer whose disk is full, whoever asks (D4)")
    func transferRefused() throws {
        var leader = try TestEngine()
        leader.lead(with: [2, 3])
        leader.receive(leader.matched(2, by: 3), from: 3)
        leader.full(2, at: 2)
        let effects = leader.transfer(to: 2)
        #expect(effects.timeoutNows.isEmpty)
        #expect(effects.transfers == [.failed("the disk of node 2 is full: it could take no entries")])
        #expect(leader.transfer(to: nil, call: 2).sent.map(\.to.id) == [3])
    }

    @Test(
        "A successor whose disk fills up before it has all there is does not become one (D4)", arguments: [false, true])
    func successorFillsUp(_ givesUp: Bool) throws {
        var leader = try TestEngine()
        leader.lead(with: [2, 3])
        for peer in [2, 3] as [UInt64] { leader.receive(leader.matched(2, by: peer), from: peer) }
        leader.step(.proposed([[1]]))
        leader.persist()
        // The lowest id among equals.
        leader.transfer(to: givesUp ? nil : 2, givesUp: givesUp)
        #expect(leader.engine.transfer?.target.id == 2)
        let effects = leader.full(2, at: 2) + leader.receive(leader.matched(3, by: 3), from: 3)
        #expect(
            effects.sent.filter { if case .timeoutNow = $0.message { true } else { false } }.map(\.to.id)
                == (givesUp ? [3] : []))
        #expect(
            effects.transfers
                == (givesUp ? [] : [.failed("the disk of node 2 is full: it could take no entries")]))
        #expect(leader.engine.role == .leader && (leader.engine.transfer != nil) == givesUp)
    }

    @Test("A peer without room costs a probe now and then; with room it gets everything at once (D4, P5)")
    func backsOffFromPeer() throws {
        var leader = try TestEngine()
        leader.lead(with: [2, 3])
        leader.receive(leader.matched(2, by: 2), from: 2)
        leader.receive(leader.matched(2, by: 3), from: 3)
        leader.step(.proposed([[1]]))
        leader.full(2, at: 3)
        var requests = 0
        for _ in 0..<1000 {
            requests += leader.step(.proposed([[1]])).appends(to: 3).count
            leader.persist()
            leader.receive(leader.matched(leader.engine.log.last.index, by: 2), from: 2)
            requests += leader.deadline().appends(to: 3).count
            leader.beat(3, lacksRoom: true)
        }
        #expect(leader.engine.role == .leader && requests > 0 && requests < 10)
        #expect(leader.engine.commitIndex == leader.engine.log.last.index, "the others commit on")
        #expect(leader.beat(3).appends(to: 3).first?.entries.isEmpty == false)
        #expect(!leader.progress(of: 3).lacksRoom)
    }

    @Test("Proposals are refused as well where too many of the others have no room (D4)")
    func noQuorum() throws {
        var leader = try TestEngine()
        leader.lead(with: [2, 3])
        leader.full(2, at: 2)
        #expect(leader.step(.proposed([[1]])).rejections.isEmpty)
        leader.full(2, at: 3)
        #expect(leader.step(.proposed([[1]])).rejections == [.diskFull([2, 3])])
    }

    @Test("Proposals whose entries a full disk refused end as unknown, while the leader leads on (D4, W1)")
    func unknown() throws {
        var (leader, _) = try fullLeader([2, 3])
        var abandoned: [LogIndex] = []
        for _ in 0..<100 where abandoned.isEmpty {
            abandoned = leader.deadline().abandoned
            for peer: UInt64 in [2, 3] { leader.beat(peer, lacksRoom: true) }
        }
        #expect(abandoned == [.zero] && leader.engine.role == .leader)
        #expect(leader.engine.log.last.index == 3, "a leader takes nothing back")
    }

    @Test("A configuration takes along what was refused before it, by the reserve (D4)")
    func configuration() throws {
        var (leader, _) = try fullLeader([2, 3])
        let writes = leader.change(.add(4, addresses: ["memory:4"], as: .learner)).writes
        #expect(writes.map(\.truncateAfter) == [2] && writes.map(\.entries.count) == [2])
        leader.persist()
        #expect(leader.engine.log.flushed == 4 && leader.engine.room.isFull)
    }
}
