import RaftMembership
import RaftMemory
import Testing

@testable import RaftCore

/// Rule D3: what a server does whose log has damaged entries, and what its leader does.
@Suite("Damaged logs")
struct RepairTests {
    static func id(_ index: LogIndex, _ term: Term) -> LogID { LogID(term: term, index: index) }

    /// A configuration at index 1 and commands of `terms` behind it, of which these cannot be read.
    private func damaged(
        _ terms: [Term], at indices: Set<LogIndex>, commit: LogIndex = .zero, vouches: Bool = true
    ) throws -> TestEngine {
        let disk = MemoryStorage()
        let log = TestEngine.log(terms)
        let hard = HardState(
            cluster: TestEngine.cluster, member: TestEngine.member(1), term: terms.last ?? 1, commitHint: commit)
        try disk.commit([StorageBatch(group: .first, entries: log, hardState: hard)])
        return try TestEngine(disk: disk, recovered: recover(log, at: indices, hard, vouches: vouches))
    }

    private func recover(
        _ log: EntryBatch, at indices: Set<LogIndex>, _ hard: HardState? = nil, snapshot: Snapshot? = nil,
        vouches: Bool = true
    ) throws -> RecoveredGroup {
        var recovery = LogRecovery()
        for position in 0..<log.count {
            if indices.contains(recovery.next) {
                try recovery.visitMissing()
            } else {
                try log.withUnsafeBytes(ofEntryAt: position) { try recovery.visit($0) }
            }
        }
        guard vouches else { return recovery.finish(hardState: hard, snapshot: snapshot) }
        return try recovery.finish(hardState: hard, snapshot: snapshot, last: log.id(at: log.count - 1))
    }

    private func asks(_ engine: TestEngine, for last: LogID, isPreVote: Bool = false) -> Message {
        .voteRequest(VoteRequest(term: engine.engine.term.next, round: 1, isPreVote: isPreVote, last: last))
    }

    private static func snapshot(at last: LogID) -> Snapshot {
        Snapshot(
            last: last, cluster: TestEngine.cluster,
            configuration: LoggedMembership(id: id(1, 1), membership: TestEngine.three), size: 3)
    }

    /// A leader offers it, and all of it comes.
    private func install(
        _ snapshot: Snapshot, term: Term, from leader: UInt64, in follower: inout TestEngine
    ) -> [Effect] {
        follower.receive(
            .installSnapshot(InstallSnapshot(term: term, stream: 1, snapshot: snapshot, offset: 0, bytes: [])),
            from: leader)
        follower.persist()
        return follower.step(.snapshotReceived(snapshot.id, written: 3, isWhole: true))
    }

    @Test("Only what lies below the first damaged entry counts, and the server does not campaign (D3)")
    func below() throws {
        var follower = try damaged([1, 2, 2, 2], at: [4], commit: 5)
        #expect(follower.engine.log.last == Self.id(3, 2) && follower.engine.commitIndex == 3)
        #expect(follower.engine.damage?.last == Self.id(5, 2))
        for _ in 0..<10 { #expect(follower.deadline().voteRequests.isEmpty) }
        #expect(follower.engine.term == 2)
        // Nor when its leader asks it to.
        follower.receive(follower.append(2, after: Self.id(3, 2)))
        follower.receive(.timeoutNow(TimeoutNow(term: 2, last: Self.id(3, 2))))
        #expect(follower.engine.role == .follower)
    }

    @Test("A vote is measured by the whole log, damaged entries too (D3, V4)", arguments: [false, true])
    func votes(isPreVote: Bool) throws {
        for (last, isGranted) in [(Self.id(3, 2), false), (Self.id(9, 1), false), (Self.id(5, 2), true)] {
            var voter = try damaged([1, 2, 2, 2], at: [4])
            let effects = voter.receive(asks(voter, for: last, isPreVote: isPreVote)) + voter.persist()
            #expect(effects.voteReplies.map(\.isGranted) == [isGranted], "\(last)")
        }
    }

    @Test("Who cannot tell where its log ended votes for nobody (D3)")
    func unknownEnd() throws {
        var voter = try damaged([1, 2, 2, 2], at: [5], vouches: false)
        #expect(voter.engine.damage?.last == nil)
        let effects = voter.receive(asks(voter, for: Self.id(99, 2))) + voter.persist()
        #expect(effects.voteReplies.map(\.isGranted) == [false])
    }

    @Test("A request behind the damage is answered with where it begins, once for appends and heartbeats (D3, L3)")
    func reports() throws {
        var follower = try damaged([1, 2, 2, 2], at: [4])
        for message in [follower.append(2, after: Self.id(5, 2)), follower.heartbeat(2, at: Self.id(4, 2))] {
            let effects = follower.receive(message) + follower.persist()
            #expect(effects.damageReports == [Self.id(3, 2)])
            #expect(effects.matches.isEmpty && effects.hints.isEmpty && effects.heartbeatReplies.isEmpty)
        }
        let effects = follower.receive(follower.heartbeat(2, at: Self.id(2, 1), commit: 2)) + follower.persist()
        #expect(effects.heartbeatReplies.map(\.hasMatch) == [true])
    }

    @Test("Entries that agree take the place of those that are there, and nothing behind them is cut (D3)")
    func repair() throws {
        var follower = try damaged([1, 2, 2, 2, 2], at: [3, 5])
        let first = follower.receive(follower.append(2, after: Self.id(2, 1), [2, 2]))
        let write = try #require(first.writes.last)
        #expect(write.truncateAfter == nil && write.repairs.firstIndex == 3 && write.repairs.count == 2)
        #expect(write.entries.isEmpty)
        #expect(follower.persist().matches == [4])
        #expect(follower.engine.damage?.firstIndex == 5)
        // The rest comes with entries that were never here.
        let second = follower.receive(follower.append(2, after: Self.id(4, 2), [2, 2, 2], sequence: 2))
        // Apart from the repairs, for which a full disk has room (rule D4).
        let (repairs, rest) = (try #require(second.writes.first), try #require(second.writes.last))
        #expect(second.writes.count == 2 && repairs.truncateAfter == nil && rest.truncateAfter == nil)
        #expect(repairs.repairs.lastIndex == 6 && repairs.entries.isEmpty)
        #expect(rest.entries.firstIndex == 7 && rest.repairs.isEmpty)
        #expect(follower.engine.damage == nil && second.events.contains(.logRepaired(7)))
        #expect(follower.persist().matches.last == 7)
    }

    @Test(
        "Where the leader's log differs from what is known to have been here, it is the leader's that counts (D3, §5.3)"
    )
    func conflict() throws {
        var follower = try damaged([1, 2, 2, 2], at: [3])
        let effects = follower.receive(follower.append(3, after: Self.id(2, 1), [2, 3]))
        let writes = effects.writes.suffix(2)
        #expect(writes.map(\.repairs.count) == [1, 0])
        #expect(writes.map(\.truncateAfter) == [3, nil] && writes.map(\.entries.count) == [0, 1])
        #expect(follower.engine.damage == nil && follower.engine.log.last == Self.id(4, 3))
        // A later term in the place of a damaged entry says the same of what follows it.
        var other = try damaged([1, 2, 2, 2], at: [3])
        let single = other.receive(other.append(3, after: Self.id(2, 1), [3])).writes
        #expect(single.map(\.repairs.count).last(where: { $0 > 0 }) == 1 && single.last?.truncateAfter == 3)
        other.persist()
        #expect(try TestEngine(disk: other.disk).engine.log.last == Self.id(3, 3))
    }

    @Test("A vote is measured by what a leader has sent again too, where that is later than the rest (D3, V4)")
    func voteBehindRepair() throws {
        // What stands behind entry 4 is of an earlier term, and cannot be read so: a repair and the cut behind it would leave
        // that if they were two writes.
        let log = TestEngine.log([1, 1, 5])
        let hard = HardState(cluster: TestEngine.cluster, member: TestEngine.member(1), term: 5, provenThrough: 4)
        var recovered = try recover(log, at: [], hard)
        var tail = DamagedTail(after: 4)
        tail.append(nil, count: 2)
        tail.vouch(for: Self.id(6, 3))
        recovered.damage = tail
        let disk = MemoryStorage()
        try disk.commit([StorageBatch(group: .first, entries: log, hardState: hard)])
        for (last, isGranted) in [(Self.id(6, 3), false), (Self.id(4, 5), true)] {
            var voter = try TestEngine(disk: disk, recovered: recovered)
            let effects = voter.receive(asks(voter, for: last)) + voter.persist()
            #expect(effects.voteReplies.map(\.isGranted) == [isGranted], "\(last)")
        }
    }

    @Test("What agrees before a conflict is never cut: a full disk may refuse what comes again behind the cut (D3, D4)")
    func agreedBeforeConflict() throws {
        // Entries 3 and 4 may have been acknowledged; 5 is another leader's.
        var follower = try damaged([1, 2, 2, 2], at: [3])
        let effects = follower.receive(follower.append(3, after: Self.id(2, 1), [2, 2, 3]))
        // What conflicts goes with the repair: no start finds it behind that.
        let writes = effects.writes.suffix(2)
        #expect(writes.map(\.repairs.count) == [2, 0])
        #expect(writes.map(\.truncateAfter) == [4, nil] && writes.map(\.entries.count) == [0, 1])
        #expect(writes.map(\.hardState?.provenThrough) == [0, 0])
        #expect(follower.engine.damage == nil && follower.engine.log.last == Self.id(5, 3))
        follower.persist()
        #expect(try TestEngine(disk: follower.disk).engine.log.last == Self.id(5, 3))
    }

    @Test("A leader that would overwrite what was committed fences the node, damaged or not (D3, L2)")
    func committed() throws {
        var follower = try damaged([1, 2, 2, 2], at: [3], commit: 4)
        let effects = follower.receive(follower.append(3, after: Self.id(2, 1), [2, 3]))
        #expect(effects.fences.count == 1 && effects.writes.allSatisfy { $0.truncateAfter == nil })
    }

    @Test("A leader sends what a peer says it lost, counts it for none of that, and does not give it up (D3, L3)")
    func leader() throws {
        var leader = try TestEngine(log: [1, 1, 1])
        leader.lead(with: [2, 3])
        leader.receive(leader.matched(5, by: 2), from: 2)
        #expect(leader.engine.commitIndex == 5)
        let damage = LogDamaged(term: 2, stream: leader.progress(of: 2).stream, intact: Self.id(2, 1), lostSnapshot: 0)
        let effects = leader.receive(.logDamaged(damage))
        #expect(effects.events.contains(.peerDamaged(2, 2)))
        #expect(effects.appends(to: 2).map(\.previous) == [Self.id(2, 1)])
        #expect(leader.progress(of: 2).matchIndex == 0 && !leader.progress(of: 2).isSuspect)
        #expect(leader.engine.commitIndex == 5)
        // One of an earlier stream says nothing.
        #expect(leader.receive(.logDamaged(damage)).isEmpty)
        leader.receive(leader.matched(5, by: 2), from: 2)
        #expect(leader.progress(of: 2).matchIndex == 5)
    }

    @Test("Damage that a snapshot covers is none, and the intact entries behind it count (D3, S2)")
    func covered() throws {
        let log = TestEngine.log([1, 1, 1, 1, 1])
        let snapshot = Self.snapshot(at: Self.id(3, 1))
        let whole = try recover(log, at: [2], snapshot: snapshot)
        #expect(whole.damage == nil && whole.terms.base == Self.id(3, 1) && whole.terms.last == Self.id(6, 1))
        #expect(whole.dropped == Self.id(3, 1))
        let rest = try recover(log, at: [2, 5], snapshot: snapshot)
        #expect(rest.damage?.firstIndex == 5 && rest.terms.last == Self.id(4, 1))
    }

    @Test("A log whose snapshot is lost waits for one that is at least as late (D3)")
    func lostSnapshot() throws {
        var terms = TermRuns(base: Self.id(4, 1))
        terms.append(term: 1, count: 3)
        let configuration = LoggedMembership(id: Self.id(1, 1), membership: TestEngine.three)
        let snapshot = Snapshot(last: Self.id(5, 1), cluster: TestEngine.cluster, configuration: configuration)
        let hard = HardState(
            cluster: TestEngine.cluster, member: TestEngine.member(1), term: 1, commitHint: 6)
        let recovered = RecoveredGroup(hardState: hard, terms: terms, snapshot: snapshot).losing(snapshot, "gone")
        let disk = MemoryStorage()
        try disk.commit([StorageBatch(group: .first, hardState: hard)])
        var follower = try TestEngine(disk: disk, recovered: recovered)
        #expect(follower.engine.log.last == .zero && follower.engine.damage?.last == Self.id(7, 1))
        for message in [follower.append(1, after: .zero, [1]), follower.append(1, after: Self.id(7, 1))] {
            #expect(follower.receive(message).lostSnapshots == [5])
        }
        func offer(_ index: LogIndex) -> Message {
            .installSnapshot(
                InstallSnapshot(
                    term: 1, stream: 1, snapshot: Self.snapshot(at: Self.id(index, 1)), offset: 0, bytes: []))
        }
        #expect(follower.receive(offer(4)).lostSnapshots == [5])
        #expect(follower.receive(offer(6)).lostSnapshots.isEmpty)
        guard let receiving = follower.engine.snapshots.receiving?.snapshot.id else {
            Issue.record("the later snapshot was not taken")
            return
        }
        let effects = follower.step(.snapshotReceived(receiving, written: 3, isWhole: true))
        // What stands behind it may have been acknowledged: it stays.
        #expect(effects.writes.last?.truncateAfter == nil && effects.writes.last?.purgeThrough == Self.id(6, 1))
        #expect(follower.engine.damage?.firstIndex == 7 && follower.engine.damage?.lostSnapshot == .zero)
        // One that takes the place of all of it cuts nothing below where the log begins on the disk.
        var other = try TestEngine(disk: disk, recovered: recovered)
        other.receive(offer(7))
        guard let whole = other.engine.snapshots.receiving?.snapshot.id else {
            Issue.record("the latest snapshot was not taken")
            return
        }
        let write = other.step(.snapshotReceived(whole, written: 3, isWhole: true)).writes.last
        #expect(write?.truncateAfter == 4 && write?.purgeThrough == Self.id(7, 1))
    }

    @Test(
        "Nobody takes a snapshot of less than one whose body is lost, and whose record storage has still (D3, S1)",
        arguments: [(2, [0, 0, 1]), (3, [0, 1, 0])])
    func lostBody(step: Int, orders: [Int]) throws {
        let log = TestEngine.log([1, 1, 1])
        let hard = HardState(cluster: TestEngine.cluster, member: TestEngine.member(1), term: 1)
        let snapshot = Self.snapshot(at: Self.id(3, 1))
        let recovered = try recover(log, at: [], hard).losing(snapshot, "gone")
        #expect(recovered.damage == nil && recovered.snapshot == nil)
        let disk = MemoryStorage()
        try disk.commit([StorageBatch(group: .first, entries: log, hardState: hard)])
        var configuration = RaftConfiguration()
        configuration.snapshotEntries = step
        var follower = try TestEngine(disk: disk, recovered: recovered, configuration: configuration)
        for (commit, orders) in zip([2, 3, 4] as [LogIndex], orders) {
            let message = follower.heartbeat(1, at: Self.id(4, 1), commit: commit)
            let effects = follower.receive(message) + follower.persist()
            #expect(effects.count { if case .takeSnapshot = $0 { true } else { false } } == orders, "\(commit)")
        }
    }

    @Test("Who reports a lost snapshot again is sent the one that is under way, and none of less (D3, S6)")
    func reportsAgain() throws {
        var leader = try TestEngine(log: [1, 1, 1])
        leader.lead()
        leader.settle([2])
        func lost(_ index: LogIndex) -> Message {
            .logDamaged(
                LogDamaged(term: 2, stream: leader.progress(of: 2).stream, intact: .zero, lostSnapshot: index))
        }
        func take(_ index: LogIndex) {
            leader.engine.snapshots.newest = Self.snapshot(at: Self.id(index, 1))
        }
        func offers(_ effects: [Effect]) -> [LogIndex] {
            effects.compactMap { effect in
                guard case .send(.installSnapshot(let message), _) = effect else { return nil }
                return message.snapshot.last.index
            }
        }
        take(2)
        #expect(offers(leader.receive(lost(2))) == [2])
        #expect(offers(leader.receive(lost(2))).isEmpty)
        take(4)
        // What is under way is of no use to who lost more.
        #expect(offers(leader.receive(lost(4))) == [4])
    }

    @Test("A snapshot that contradicts the intact entries takes what stands behind the damage along (D3, S2)")
    func snapshotOfAnotherHistory() throws {
        // Nothing vouches for the term of entry 5, but it follows an entry that the snapshot knows otherwise.
        var follower = try damaged([1, 2, 2, 2], at: [5], vouches: false)
        #expect(follower.engine.log.last == Self.id(4, 2) && follower.engine.damage?.last == nil)
        let effects = install(Self.snapshot(at: Self.id(4, 3)), term: 3, from: 2, in: &follower)
        #expect(effects.writes.last?.truncateAfter == 0 && effects.writes.last?.purgeThrough == Self.id(4, 3))
        #expect(follower.engine.damage == nil && follower.engine.log.last == Self.id(4, 3))
        // Entries that follow are new ones, and no repairs of what is gone.
        follower.persist()
        follower.step(.applied(through: 4))
        follower.receive(follower.append(3, after: Self.id(4, 3), [3]), from: 2)
        #expect(follower.writes.last?.batch.repairs.isEmpty == true)
        #expect(follower.writes.last?.batch.entries.firstIndex == 5)
    }

    @Test("A leader learns from a lost snapshot what was committed, and takes one that is worth as much (D3, S1)")
    func committedByOthers() throws {
        var leader = try TestEngine(log: [1, 1, 1])
        leader.lead()
        #expect(leader.engine.commitIndex == .zero && leader.engine.log.last.index == 5)
        let stream = leader.progress(of: 2).stream
        leader.receive(.logDamaged(LogDamaged(term: 2, stream: stream, intact: .zero, lostSnapshot: 4)))
        #expect(leader.engine.commitIndex == 4)
        leader.step(.applied(through: 4))
        let effects = leader.receive(
            .logDamaged(LogDamaged(term: 2, stream: leader.progress(of: 2).stream, intact: .zero, lostSnapshot: 4)))
        let taken: [LogIndex] = effects.compactMap { effect in
            guard case .takeSnapshot(_, let snapshot) = effect else { return nil }
            return snapshot.last.index
        }
        #expect(taken == [4] || leader.engine.snapshots.taking?.last.index == 4)
    }

    @Test(
        "A leader whose snapshot has rotted takes another, and something happens for it to cover when nothing does (D3)"
    )
    func rottenBody() throws {
        var leader = try TestEngine(log: [1, 1, 1])
        leader.lead()
        leader.settle([2])
        let last = leader.engine.log.last
        func taken(_ effects: [Effect]) -> [LogIndex] {
            effects.compactMap { effect in
                guard case .takeSnapshot(_, let snapshot) = effect else { return nil }
                return snapshot.last.index
            }
        }
        let rotten = Self.snapshot(at: last)
        leader.step(.applied(through: last.index))
        leader.engine.snapshots.newest = rotten
        let effects = leader.step(.snapshotDamaged(rotten.id, "its checksum does not match its bytes"))
        #expect(taken(effects).isEmpty && leader.engine.log.last.index == last.index.next)
        // Once is enough.
        leader.step(.snapshotDamaged(rotten.id, "its checksum does not match its bytes"))
        #expect(leader.engine.log.last.index == last.index.next)
        leader.settle([2])
        leader.step(.applied(through: last.index.next))
        #expect(taken(leader.step(.snapshotDamaged(rotten.id, "as before"))) == [last.index.next])
        // Of one that has been replaced nobody hears any more.
        leader.engine.snapshots.newest = Self.snapshot(at: leader.engine.log.last)
        #expect(
            leader.step(.snapshotDamaged(rotten.id, "as before")).allSatisfy {
                if case .trace = $0 { true } else { false }
            })
    }

    @Test("A voter that knows of itself only, for the rest is damaged, keeps what it promised before (R6, D3)")
    func promiseOfDamaged() throws {
        // Members 2 and 3 were added in entry 3, which cannot be read.
        var builder = EntryBatchBuilder(firstIndex: 1)
        TestEngine.append(TestEngine.membership([1]), term: 1, to: &builder)
        TestEngine.append(1, to: &builder)
        TestEngine.append(TestEngine.three, term: 1, to: &builder)
        let log = builder.finish()
        var hard = HardState(cluster: TestEngine.cluster, member: TestEngine.member(1), term: 2, commitHint: 3)
        hard.startCounter = 2
        for (indices, promise) in [([], 0), ([], 150), ([3], 0), ([3], 150)] as [(Set<LogIndex>, UInt64)] {
            hard.largestPromise = promise * 1_000_000
            let disk = MemoryStorage()
            try disk.commit([StorageBatch(group: .first, entries: log, hardState: hard)])
            var voter = try TestEngine(disk: disk, recovered: recover(log, at: indices, hard))
            let effects = voter.receive(asks(voter, for: Self.id(9, 2), isPreVote: true)) + voter.persist()
            #expect(effects.voteReplies.map(\.isGranted) == [promise == 0], "\(indices), \(promise) ms")
        }
    }

    // MARK: What followed another entry

    /// Leader 4 wrote 4@4 and leader 5 wrote 5@5 behind it, here and on one other server; leader 6 has 4@3 in its place.
    /// Entry 4 cannot be read here, and comes from leader 6, alone.
    private func twoHistories(_ term: Term = 3) throws -> (TestEngine, [Effect]) {
        var follower = try damaged([1, 1, 4, 5, 5], at: [4])
        follower.receive(.voteRequest(VoteRequest(term: 6, round: 1, isPreVote: false, last: Self.id(9, 5))), from: 3)
        follower.persist()
        let effects = follower.receive(follower.append(6, after: Self.id(3, 1), [term]), from: 3)
        return (follower, effects + follower.persist())
    }

    @Test("What followed a damaged entry counts after a restart only if it surely follows what took its place (D3)")
    func doubt() throws {
        let (follower, effects) = try twoHistories()
        #expect(effects.writes.first?.repairs.count == 1 && effects.writes.first?.hardState?.provenThrough == 4)
        #expect(follower.engine.damage?.firstIndex == 5)
        var again = try TestEngine(disk: follower.disk)
        #expect(again.engine.log.last == Self.id(4, 3) && again.engine.damage?.last == Self.id(6, 5))
        #expect(again.engine.damage?.isReadable == true && again.engine.damage?.description == "entries 5 to 6")
        for _ in 0..<5 { #expect(again.deadline().voteRequests.isEmpty) }
        // The leader's log goes on otherwise: what was there is cut.
        again.receive(again.append(6, after: Self.id(4, 3), [6]), from: 3)
        again.persist()
        #expect(again.engine.damage == nil && again.durableState?.provenThrough == .zero)
        #expect(try TestEngine(disk: again.disk).engine.log.last == Self.id(5, 6))
    }

    @Test("A leader that has what is in doubt proves it, as far as it has sent it (D3)")
    func proof() throws {
        let (follower, _) = try twoHistories()
        var again = try TestEngine(disk: follower.disk)
        again.receive(again.append(6, after: Self.id(4, 3), [5]), from: 3)
        again.persist()
        #expect(again.durableState?.provenThrough == 5 && again.engine.log.last == Self.id(5, 5))
        again.receive(again.append(6, after: Self.id(5, 5), [5], sequence: 2), from: 3)
        again.persist()
        #expect(again.durableState?.provenThrough == .zero && again.engine.damage == nil)
        #expect(try TestEngine(disk: again.disk).engine.log.last == Self.id(6, 5))
    }

    @Test("Entries of one term are of one leader, in whose log they follow one another: a restart finds them (D3)")
    func noDoubt() throws {
        var follower = try damaged([1, 1, 4, 4, 5], at: [4])
        follower.receive(follower.append(5, after: Self.id(3, 1), [4]), from: 3)
        follower.persist()
        #expect(follower.durableState?.provenThrough == .zero && follower.engine.damage?.firstIndex == 5)
        #expect(try TestEngine(disk: follower.disk).engine.damage == nil)
    }

    @Test("What followed the very entry that the leader sends is in no doubt, whatever its term (D3)")
    func knownToFollow() throws {
        var follower = try damaged([1, 1, 4, 5, 5], at: [3])
        follower.receive(follower.append(6, after: Self.id(2, 1), [1, 4]), from: 3)
        follower.persist()
        #expect(follower.durableState?.provenThrough == .zero && follower.engine.damage?.firstIndex == 5)
        #expect(try TestEngine(disk: follower.disk).engine.log.last == Self.id(6, 5))
    }

    @Test("An entry that cannot be read now and can after the next start is in doubt all the same (D2, D3)")
    func healed() throws {
        // Leader 6 has 4@3; here stand 5@4 and 6@5, of which a restart reads both again.
        var follower = try damaged([1, 1, 3, 4, 5], at: [4, 5])
        follower.receive(follower.append(6, after: Self.id(3, 1), [3]), from: 3)
        follower.persist()
        #expect(follower.durableState?.provenThrough == 4 && follower.engine.damage?.firstIndex == 5)
        let again = try TestEngine(disk: follower.disk)
        #expect(again.engine.log.last == Self.id(4, 3) && again.engine.damage?.last == Self.id(6, 5))
    }

    @Test("A snapshot of an earlier term than the intact entries before it is of another history (D3, S2)")
    func snapshotBelowIntact() throws {
        var follower = try damaged([1, 5, 5, 7, 7], at: [4, 5], vouches: true)
        #expect(follower.engine.log.last == Self.id(3, 5))
        let effects = install(Self.snapshot(at: Self.id(5, 3)), term: 8, from: 3, in: &follower)
        #expect(effects.writes.last?.truncateAfter == 0 && follower.engine.damage == nil)
        #expect(follower.engine.log.last == Self.id(5, 3))
    }

    @Test("A snapshot in the place of a damaged entry leaves what followed that in doubt too (D3, S2)")
    func doubtBehindSnapshot() throws {
        var follower = try damaged([1, 1, 4, 5, 5], at: [4])
        let offered = Self.snapshot(at: Self.id(4, 3))
        let effects = install(offered, term: 6, from: 3, in: &follower)
        #expect(effects.writes.last?.truncateAfter == nil && effects.writes.last?.hardState?.provenThrough == 4)
        // As a restart would find it.
        var terms = TermRuns(base: Self.id(4, 3))
        terms.append(term: 5, count: 2)
        let rest = RecoveredGroup(hardState: effects.writes.last?.hardState, terms: terms, snapshot: offered)
            .settingApart(after: 4)
        #expect(rest.terms.last == Self.id(4, 3) && rest.damage?.last == Self.id(6, 5) && rest.fault != nil)
    }

    @Test("Damage before a doubtful place, or behind it, leaves it doubtful (D3)")
    func doubtAndDamage() throws {
        let log = TestEngine.log([1, 1, 3, 5, 5, 5])
        let hard = HardState(
            cluster: TestEngine.cluster, member: TestEngine.member(1), term: 6, provenThrough: 4)
        let behind = try recover(log, at: [6], hard)
        #expect(behind.terms.last == Self.id(4, 3) && behind.damage?.firstIndex == 5)
        #expect(behind.damage?.spans.map(\.term) == [5, nil, 5] && behind.damage?.last == Self.id(7, 5))
        let disk = MemoryStorage()
        try disk.commit([StorageBatch(group: .first, entries: log, hardState: hard)])
        var before = try TestEngine(disk: disk, recovered: recover(log, at: [3], hard))
        #expect(before.engine.damage?.firstIndex == 3)
        before.receive(before.append(6, after: Self.id(2, 1), [1]), from: 3)
        before.persist()
        #expect(before.durableState?.provenThrough == 3)
    }
}
