@testable import RaftCore
import RaftMembership
import Testing

/// Rules X1 to X3, on one engine: what a witness gets, keeps and does not do.
@Suite("Witnesses")
struct WitnessTests {
    /// Three voters, the third of which is a witness.
    static let three = membership([1, 2, 3], witnesses: [3])

    static func membership(_ voters: [UInt64], witnesses: [UInt64]) -> Membership {
        let records = voters.map {
            Membership.Record(
                member: TestEngine.member($0), addresses: ["memory:\($0)"], isWitness: witnesses.contains($0))
        }
        guard let membership = try? Membership(members: records, voters: voters.map { NodeID($0) }) else {
            preconditionFailure("a test names an impossible configuration")
        }
        return membership
    }

    static func commands(_ count: Int, from first: LogIndex, term: Term = 2) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: first)
        for number in 0..<count { builder.append(.command, term: term, payload: [UInt8(number), 7]) }
        return builder.finish()
    }

    static func append(_ entries: EntryBatch, after previous: LogID, sequence: UInt64 = 1) -> Message {
        .appendEntries(
            AppendEntries(
                term: 2, stream: 1, sequence: sequence, previous: previous, leaderCommit: 0, entries: entries))
    }

    @Test("A leader sends a witness kind, term and index of commands, and configurations whole (X2)")
    func sendsPositions() throws {
        var leader = try TestEngine.leader(1, Self.three)
        for peer in [2, 3] as [UInt64] { leader.acknowledge(peer) }
        let effects = leader.step(.proposed([[1, 2, 3], [4]]))
        let whole = try #require(effects.appends(to: 2).first?.entries)
        // Not before the leader has them on its own disk (rule X4).
        #expect(effects.appends(to: 3).isEmpty)
        let thin = try #require(leader.persist().appends(to: 3).first?.entries)
        #expect(whole.count == 2 && whole.copy == .whole && thin.copy == .positions)
        #expect((0..<2).allSatisfy { thin.id(at: $0) == whole.id(at: $0) && thin.kind(at: $0) == .command })
        #expect(thin.byteCount == 2 * EntryHeader.size)
        leader.settle([2, 3])
        let change = leader.change(.setAddresses(2, ["memory:9"]))
        #expect(leader.persist().appends(to: 3).first?.entries == change.appends(to: 2).first?.entries)
    }

    @Test("A leader outside of the configuration sends a witness what one of its full voters has on its disk (X4, M4)")
    func leaderOutside() throws {
        // Short seed 5008237: once 1 had handed over, 2 lacked what the witness had, and nobody could lead.
        var leader = try TestEngine.leader(1, Self.three)
        leader.settle([2, 3])
        leader.change(.remove(1))
        leader.persist()
        for peer in [2, 3] as [UInt64] { leader.acknowledge(peer) }
        let removal = leader.engine.log.last
        #expect(!leader.engine.membership.isJoint && leader.engine.ownSlot == nil)
        let effects = leader.persist()
        #expect(effects.appends(to: 3).isEmpty && leader.engine.log.flushed == removal.index)
        let learned = leader.receive(leader.matched(removal.index, by: 2), from: 2)
        #expect(learned.appends(to: 3).map(\.entries.lastIndex) == [removal.index])
    }

    @Test("What storage brings for a witness ends where a full voter has it, whenever it was asked for (X4, M4)")
    func readFromOutside() throws {
        var leader = try TestEngine(log: [1, 1, 1], Self.membership([1, 2, 3, 4], witnesses: [3]))
        leader.answersReads = false
        leader.lead(with: [2, 4])
        for peer in [2, 4] as [UInt64] { leader.acknowledge(peer) }
        leader.change(.remove(1))
        let joint = leader.engine.log.last.index
        leader.step(.proposed([[1]]))
        leader.persist()
        // Asked for as long as this leader is a voter: all that is on its disk.
        let asked = leader.receive(leader.conflict(TestEngine.id(1, 1), by: 3), from: 3)
        guard case .readEntries(let first, let last, let peer, let stream)? = asked.last else {
            Issue.record("nothing is read")
            return
        }
        #expect(first == 2 && last == joint.next)
        for peer in [2, 4] as [UInt64] { leader.receive(leader.matched(joint, by: peer), from: peer) }
        #expect(leader.engine.ownSlot == nil)
        var parts: [EntryBatch] = []
        var next = first
        while next <= last {
            parts.append(leader.stored(from: next, through: last))
            next = parts[parts.count - 1].lastIndex.next
        }
        let batch = EntryBatch.joining(parts)
        let effects = leader.step(.entriesRead(batch, for: peer, stream: stream))
        #expect(batch.lastIndex == joint.next && effects.appends(to: 3).map(\.entries.lastIndex) == [joint])
        // What is asked for now ends there too.
        let again = leader.receive(leader.conflict(TestEngine.id(1, 1), by: 3), from: 3)
        guard case .readEntries(2, let bound, _, _)? = again.last else {
            Issue.record("nothing is read again")
            return
        }
        #expect(bound == joint)
    }

    @Test("What a witness acknowledges counts: a leader and a witness of three commit (X3)")
    func counts() throws {
        var leader = try TestEngine.leader(1, Self.three, with: [3])
        leader.step(.proposed([[1]]))
        leader.persist()
        #expect(leader.engine.commitIndex == leader.engine.log.last.index.previous)
        leader.acknowledge(3)
        #expect(leader.engine.commitIndex == leader.engine.log.last.index)
    }

    @Test("Entries without their bodies keep their positions through bytes, and nothing else passes for one (X2)")
    func bytes() throws {
        let thin = Self.commands(3, from: 5).withoutBodies()
        let again = try EntryBatch(
            verifying: thin.withUnsafeBytes { [UInt8]($0) }, firstIndex: 5, count: 3)
        #expect(again == thin && again.copy == .positions && !again.isPlain)
        #expect(again.withoutBodies() == thin)
        let golden = Self.commands(1, from: 9, term: 3).withoutBodies().withUnsafeBytes { [UInt8]($0) }
        #expect(
            Samples.hex(golden) == "01020100" + "a8feda74" + "0300000000000000" + "0900000000000000" + "00000000"
                + "00000000")
        for position in 0..<3 {
            try again.withUnsafeBytes(ofEntryAt: position) { try EntryBatch.checkMeaning(.command, of: $0) }
            #expect(again.isWithoutBody(at: position))
        }
        var forged = Self.commands(1, from: 1).withUnsafeBytes { [UInt8]($0) }
        for flags in [1, 2] as [UInt8] {
            forged[2] = flags
            #expect(throws: EntryError.self) {
                try forged.withUnsafeBytes { try EntryBatch.checkMeaning(.command, of: $0) }
            }
        }
    }

    @Test("A witness takes entries without their bodies, votes, and never campaigns nor answers a read (X2, X3)")
    func keepsPositions() throws {
        var witness = try TestEngine(3, Self.three)
        let effects =
            witness.receive(Self.append(Self.commands(2, from: 2).withoutBodies(), after: TestEngine.id(1, 1)))
            + witness.persist()
        #expect(effects.matches.last == 3 && witness.engine.copy == .positions && witness.engine.isWitness)
        let read = witness.step(.readRequested(ReadID(rawValue: 1), .follower))
        #expect(read.contains { if case .readFailed(_, .witness) = $0 { true } else { false } })
        #expect(!witness.engine.mayCampaign)
        for _ in 0..<5 { witness.deadline() }
        #expect(witness.engine.role == .follower && witness.engine.term == 2)
    }

    @Test("A log is of one copy: the other fences the node before anything of it is written (X2)")
    func oneCopy() throws {
        for isThin in [true, false] {
            let entries = Self.commands(2, from: 2)
            let later = Self.commands(2, from: 4)
            var node = try TestEngine(2, TestEngine.three)
            node.receive(
                Self.append(isThin ? entries : entries.withoutBodies(), after: TestEngine.id(1, 1)))
            let last = node.engine.log.last
            let effects = node.receive(
                Self.append(isThin ? later.withoutBodies() : later, after: last, sequence: 2))
            #expect(node.engine.isFenced && node.engine.log.last == last && effects.persists == 0)
            #expect(effects.fences.first?.contains("empty its data directory") == true)
        }
    }

    @Test("Who has a full copy is no witness, and who was one is nothing else, on the same data (X2)")
    func otherCopy() throws {
        for (id, isThin) in [(2, true), (3, false)] as [(UInt64, Bool)] {
            var node = try TestEngine(id, TestEngine.membership([1]))
            let entries = Self.commands(2, from: 2)
            node.receive(Self.append(isThin ? entries.withoutBodies() : entries, after: TestEngine.id(1, 1)))
            let named = node.receive(
                node.append(2, after: node.engine.log.last, configurations: [Self.three], sequence: 2))
            #expect(node.engine.isFenced, "\(id)")
            #expect(named.fences.first?.contains("empty its data directory") == true)
        }
    }

    @Test("A snapshot of the other copy fences the node before any of it is kept, removed and added again or not (X2)")
    func snapshotOfOtherCopy() throws {
        for isThin in [true, false] {
            var node = try TestEngine(2, TestEngine.three)
            let entries = Self.commands(2, from: 2)
            node.receive(Self.append(isThin ? entries.withoutBodies() : entries, after: TestEngine.id(1, 1)))
            var snapshot = Snapshot(
                last: TestEngine.id(9, 2), cluster: TestEngine.cluster,
                configuration: LoggedMembership(id: TestEngine.id(8, 2), membership: TestEngine.membership([1, 3])))
            snapshot.size = isThin ? 4096 : 0
            let effects = node.receive(
                .installSnapshot(InstallSnapshot(term: 2, stream: 1, snapshot: snapshot, offset: 0, bytes: [])))
            #expect(node.engine.isFenced && effects.persists == 0, "\(isThin)")
            #expect(effects.fences.first?.contains("empty its data directory") == true)
            #expect(!effects.contains { if case .receiveSnapshot = $0 { true } else { false } })
        }
    }

    @Test("A read that came before a server knew that it is a witness ends without an answer (X3, R7)")
    func readBefore() throws {
        var node = try TestEngine(4, TestEngine.three)
        node.receive(node.append(2, after: TestEngine.id(1, 1), commit: 1))
        let question = try #require(node.step(FollowerReadTests.read(1)).questions.first)
        #expect(node.receive(FollowerReadTests.reply(question, 3)).readies.isEmpty)
        let thin = Self.commands(2, from: 2).withoutBodies()
        node.receive(
            .appendEntries(
                AppendEntries(
                    term: 2, stream: 1, sequence: 2, previous: TestEngine.id(1, 1), leaderCommit: 3, entries: thin)))
        let effects = node.persist()
        #expect(node.engine.isWitness && effects.applies == [3])
        #expect(effects.readies.isEmpty && effects.failedReads.map(\.rawValue) == [1])
    }

    @Test("A server that no configuration names takes no snapshot before its first command (X2)")
    func noSnapshotYet() throws {
        func ask(_ node: inout TestEngine) -> Bool {
            node.step(.snapshotRequested(CallID(rawValue: 1), compacts: false))
                .contains { if case .takeSnapshot = $0 { true } else { false } }
        }
        func follower(_ id: UInt64) throws -> TestEngine {
            var node = try TestEngine(id, TestEngine.three)
            node.receive(node.append(2, after: TestEngine.id(1, 1), commit: 1))
            node.persist()
            return node
        }
        var stranger = try follower(4)
        #expect(stranger.engine.commitIndex == 1 && !ask(&stranger))
        stranger.receive(stranger.append(2, after: TestEngine.id(1, 1), [2], commit: 2, sequence: 2))
        stranger.persist()
        #expect(ask(&stranger))
        var member = try follower(1)
        #expect(ask(&member))
    }

    @Test("A witness's snapshot is position and configuration, and installs as one (X2)")
    func snapshots() throws {
        var leader = try TestEngine.leader(1, Self.three)
        leader.settle([2, 3])
        var whole = Snapshot(
            last: leader.engine.log.last, cluster: TestEngine.cluster, configuration: leader.engine.committed)
        whole.size = 4096
        whole.checksum = 77
        let thin = whole.withoutBody()
        #expect(thin.isWithoutBody && thin.last == whole.last && thin.configuration == whole.configuration)
        var witness = try TestEngine(3, Self.three)
        func offer() -> [Effect] {
            witness.receive(
                .installSnapshot(InstallSnapshot(term: 2, stream: 1, snapshot: thin, offset: 0, bytes: [])))
        }
        #expect(offer().contains { if case .receiveSnapshot = $0 { true } else { false } })
        witness.step(.snapshotReceived(thin.id, written: 0, isWhole: true))
        let restored = witness.persist()
        #expect(restored.contains { if case .restore(thin) = $0 { true } else { false } })
        witness.step(.applied(through: thin.last.index))
        #expect(witness.engine.log.base == thin.last && witness.engine.copy == .positions)
    }

    @Test("A snapshot is said to be installed in a term that is durable only (V14)")
    func installedInDurableTerm() throws {
        var leader = try TestEngine.leader(1, Self.three)
        leader.settle([2, 3])
        let thin = Snapshot(
            last: leader.engine.log.last, cluster: TestEngine.cluster, configuration: leader.engine.committed
        ).withoutBody()
        var witness = try TestEngine(3, Self.three)
        func offer(_ term: Term, from leader: UInt64) -> [Effect] {
            witness.receive(
                .installSnapshot(InstallSnapshot(term: term, stream: 1, snapshot: thin, offset: 0, bytes: [])),
                from: leader)
        }
        func installed(_ effects: [Effect]) -> [Term] {
            effects.compactMap { effect in
                guard case .send(.installSnapshotReply(let reply), _) = effect, case .installed = reply.outcome else {
                    return nil
                }
                return reply.term
            }
        }
        _ = offer(2, from: 1)
        witness.step(.snapshotReceived(thin.id, written: 0, isWhole: true))
        witness.persist()
        // The next leader is heard while the machine comes to the state, and its term is not on the disk yet.
        witness.receive(witness.append(3, after: LogID(term: 3, index: thin.last.index + 5)), from: 2)
        #expect(installed(witness.step(.applied(through: thin.last.index))).isEmpty)
        #expect(installed(offer(3, from: 2)).isEmpty)
        witness.persist()
        #expect(installed(offer(3, from: 2)) == [3])
        // The same where a leader's first word is the snapshot.
        #expect(installed(offer(4, from: 1)).isEmpty)
        witness.persist()
        #expect(installed(offer(4, from: 1)) == [4])
    }

    @Test("A change that would leave a quorum without a full copy on the way is refused (X1)")
    func everyStepHasCopies() throws {
        let five = Self.membership([1, 2, 3, 4, 5], witnesses: [4, 5])
        var leader = try TestEngine.leader(1, five, with: [2, 3])
        leader.beat([2, 3, 4, 5])
        let refused = leader.change(.remove(2), .remove(3)).changes.first?.refusal
        #expect(refused?.contains("fewer than a majority") == true)
        #expect(leader.change(.remove(2), call: 2).changes.isEmpty && leader.engine.membership.isJoint)
    }

    @Test("Of learners that have caught up those vote that may, and it is told why others do not yet (X1, P7)")
    func promotion() throws {
        for learners in [[3], [3, 4, 5]] as [[UInt64]] {
            var records = Self.membership([1, 2], witnesses: [2]).members
            for id in learners {
                records.append(
                    Membership.Record(
                        member: TestEngine.member(id), addresses: ["memory:\(id)"], isWitness: id != 4,
                        promoteWhenCaughtUp: true))
            }
            var leader = try TestEngine.leader(1, Membership(members: records, voters: [1, 2]), with: [2])
            leader.beat([2] + learners)
            let effects = leader.settle([2] + learners)
            let refused = effects.events.contains {
                if case .changeEnded(.refused(let why)) = $0 { why.contains("fewer than a majority") } else { false }
            }
            #expect(refused)
            #expect(leader.engine.membership.isVoter(4) == learners.contains(4))
            #expect(leader.engine.membership.witnessObjection == nil)
        }
    }

    @Test("A witness that lost its data comes back as one, without its vote (X2, M10)")
    func comesBack() throws {
        let later = Member(id: 3, incarnation: Incarnation(TestEngine.member(3).incarnation.rawValue + 5))
        let demoted = try Self.three.goal(of: [.demote(3)]) { _ in .unknown }
        let back = try #require(demoted.replacing(later))
        #expect(back.slot(of: later).map { back.members[$0].isWitness } == true && !back.isVoter(3))
        #expect(Self.three.replacing(later) == nil)
        guard case .append(let next) = demoted.step(toward: back, isCaughtUp: { _ in true }) else {
            Issue.record("no step")
            return
        }
        #expect(
            next.slot(of: later) != nil && next.voters == [1, 2] && next.replacing(Self.three.members[2].member) == nil)
    }
}

extension [Effect] {
    fileprivate var persists: Int { count { if case .persist = $0 { true } else { false } } }
}
