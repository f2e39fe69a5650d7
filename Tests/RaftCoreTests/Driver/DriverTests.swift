@testable import RaftCore
import RaftMembership
import Testing

/// Rules W1–W3, W5, R3, D1, D2, C4 and C7, with lanes and time moved by hand.
@Suite("Driver")
struct DriverTests {
    @Test("Whatever is written while a commit runs goes into the next one, together (D1)")
    func groupCommit() throws {
        let bench = try DriverBench()
        bench.lead()
        let before = bench.storage.commits.count
        for command in 1...5 as ClosedRange<UInt8> {
            bench.propose(command)
            bench.environment.driver.run()
        }
        #expect(bench.storage.commits.count == before && bench.proposals.results.isEmpty)
        bench.settle()
        #expect(bench.storage.commits.dropFirst(before) == [5])
        #expect(bench.proposals.values == [1, 2, 3, 4, 5])
    }

    @Test("All proposals of a drain become one write (D1)")
    func oneDrainOneWrite() throws {
        let bench = try DriverBench()
        bench.lead()
        let before = bench.storage.commits.count
        bench.propose(1, 2, 3)
        bench.settle()
        #expect(bench.storage.commits.dropFirst(before) == [1] && bench.proposals.values == [1, 2, 3])
    }

    @Test("A proposal ends with the machine's output, after its write is durable (W1, D1)", arguments: [true, false])
    func committed(_ isInline: Bool) throws {
        let bench = try DriverBench(isInline: isInline)
        bench.lead()
        bench.propose(9)
        bench.environment.driver.run()
        #expect(bench.proposals.results.isEmpty)
        bench.settle()
        #expect(bench.proposals.values == [1])
    }

    @Test("Where a write takes no time, a lone voter leads and has committed its no-op in one turn (V8, C8)")
    func oneTurn() throws {
        let bench = try DriverBench(commitsInstantly: true)
        bench.ring()
        #expect(bench.engine.role == .leader && bench.engine.log.flushed == bench.engine.log.last.index)
        #expect(bench.engine.commitIndex == bench.engine.log.last.index && bench.engine.log.last.index > 1)
    }

    @Test("A follower rejects a proposal, and says who leads (W1)")
    func rejected() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.propose(1)
        bench.settle()
        bench.receive(.heartbeat(Heartbeat(term: 2, stream: 1, previous: .zero, leaderCommit: 0, round: 1)), from: 3)
        bench.settle()
        bench.propose(1)
        bench.settle()
        #expect(bench.proposals.errors.map(\.code) == [.notLeader, .notLeader])
        #expect(bench.proposals.errors.map(\.outcome) == [.rejected, .rejected])
        #expect(bench.proposals.errors.map(\.leader?.id) == [nil, 3])
    }

    @Test("A proposal beyond the cap is overloaded, at once, and rejected (W1, P8)")
    func overloaded() throws {
        var configuration = RaftConfiguration()
        configuration.maximumUncommittedBytes = 70
        let bench = try DriverBench(configuration: configuration)
        bench.lead()
        bench.propose(1, 2, 3)
        bench.environment.driver.run()
        #expect(bench.proposals.errors.map(\.code) == [.overloaded])
        bench.settle()
        #expect(bench.proposals.values == [1, 2])
    }

    @Test("A full inbox is overloaded too, and its calls end (W1)")
    func fullInbox() throws {
        var configuration = RaftConfiguration()
        configuration.inboxCalls = 2
        let bench = try DriverBench(configuration: configuration)
        bench.lead()
        bench.propose(1, 2)
        let full = CallbackProposal<Int>(payload: [3]) { _ in }
        guard case .full = bench.driver.mailbox.post(proposal: full) else {
            Issue.record("the inbox has no bound")
            return
        }
        bench.settle()
        #expect(bench.proposals.values == [1, 2])
    }

    @Test("Lost leadership ends a proposal as unknown, within a bounded time (W1, W2)")
    func leadershipLost() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.lead()
        bench.propose(1)
        bench.settle()
        bench.receive(.heartbeat(Heartbeat(term: 9, stream: 1, previous: .zero, leaderCommit: 0, round: 1)), from: 3)
        bench.settle()
        #expect(bench.proposals.results.isEmpty)
        let start = bench.environment.now()
        while bench.proposals.results.isEmpty, bench.environment.now() - start < 10_000_000_000 { bench.ring() }
        #expect(bench.proposals.errors.map(\.outcome) == [.unknown])
    }

    @Test("A proposal whose entry is replaced ends as unknown, never with the other's success (W2, W3)")
    func replaced() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.lead()
        bench.propose(1)
        bench.settle()
        let last = bench.engine.log.last
        var builder = EntryBatchBuilder(firstIndex: last.index)
        builder.append(.command, term: 9, payload: [77])
        bench.receive(
            .appendEntries(
                AppendEntries(
                    term: 9, stream: 1, sequence: 1,
                    previous: LogID(term: last.term, index: last.index.previous), leaderCommit: last.index,
                    entries: builder.finish())), from: 3)
        bench.settle()
        #expect(bench.proposals.errors.map(\.code) == [.unknown] && bench.proposals.values.isEmpty)
        #expect(bench.engine.appliedIndex == last.index)
    }

    @Test("An applier that meets another term at a proposal's index reports no success (W3)")
    func applierChecksTheTerm() throws {
        let lane = ManualLane()
        let outcomes = DriverBench.Outcomes<Int>()
        let applier = MachineApplier(
            machine: ListMachine(isInline: true), applied: 0, lane: lane, isInline: true, storage: CountingStorage(),
            group: .first, configuration: RaftConfiguration(), report: { _ in })
        let entries = LogTests.batch([2, 2])
        let waiters = [1, 2].map { index in
            Waiter(
                id: LogID(term: Term(index), index: LogIndex(index)),
                proposal: CallbackProposal<Int>(payload: [1]) { outcomes.append($0) })
        }
        applier.submit(.apply(through: 2, entries: [entries], waiters: waiters[...]))
        applier.run()
        #expect(outcomes.errors.map(\.code) == [.unknown] && outcomes.values == [2])
    }

    @Test("What waits for a state is not kept waiting where there is none to restore (W1, X2)")
    func nothingToRestore() throws {
        let lane = ManualLane()
        let views = DriverBench.Outcomes<Int>()
        let applier = MachineApplier(
            machine: ListMachine(isInline: true), applied: 0, lane: lane, isInline: true, storage: CountingStorage(),
            group: .first, configuration: RaftConfiguration(), report: { _ in })
        // The entries are gone: a snapshot takes their place.
        applier.submit(.apply(through: 5, entries: [], waiters: []))
        applier.submit(.view { _ in views.append(.success(1)) })
        applier.run()
        #expect(views.values.isEmpty)
        var snapshot = Snapshot(
            last: LogID(term: 1, index: 9), cluster: TestEngine.cluster,
            configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: TestEngine.three))
        snapshot = snapshot.withoutBody()
        applier.submit(.restore(snapshot) { _ in })
        applier.run()
        #expect(views.values == [1])
    }

    @Test("A proposal that the next leader commits succeeds all the same (W2, W3)")
    func committedByOthers() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.lead()
        bench.propose(1)
        bench.settle()
        let last = bench.engine.log.last
        bench.receive(
            .heartbeat(Heartbeat(term: 9, stream: 1, previous: last, leaderCommit: last.index, round: 1)), from: 3)
        bench.settle()
        #expect(bench.proposals.values == [1])
    }

    @Test(
        "The first failed write is final: no retry, every call ends, the node is fenced (D2, L8)",
        arguments: [true, false])
    func storageFailure(_ commitsInstantly: Bool) throws {
        let bench = try DriverBench(commitsInstantly: commitsInstantly)
        bench.lead()
        bench.storage.fail(StorageError(.io, "the disk is gone"))
        bench.propose(1, 2)
        bench.read()
        bench.settle()
        let commits = bench.storage.commits.count
        #expect(bench.proposals.errors.map(\.outcome) == [.unknown, .unknown])
        #expect(bench.reads.results.count == 1)
        #expect(bench.failures.errors.count == 1 && bench.engine.isFenced)
        bench.storage.fail(nil)
        bench.propose(3)
        bench.read()
        bench.settle()
        bench.ring()
        bench.settle()
        #expect(bench.storage.commits.count == commits)
        #expect(bench.proposals.errors.last?.code == .stopped && bench.proposals.results.count == 3)
        #expect(bench.reads.errors.last?.code == .stopped && bench.reads.results.count == 2)
        #expect(bench.transport.take().isEmpty)
    }

    @Test("A shutdown ends every call, closes storage behind the last write, and takes no more (W2, R3)")
    func shutdown() throws {
        let bench = try DriverBench(TestEngine.three, isInline: false)
        bench.lead()
        bench.propose(1)
        bench.read()
        bench.settle()
        bench.propose(2)
        bench.read()
        #expect(bench.stop())
        #expect(bench.proposals.errors.map(\.outcome) == [.unknown, .rejected])
        #expect(bench.reads.results.count == 2)
        #expect(bench.storage.isClosed)
        guard case .closed = bench.driver.mailbox.post(.alarm) else {
            Issue.record("a stopped driver takes mail")
            return
        }
        bench.ring()
        bench.settle()
    }

    @Test("A command that cannot be decoded, or is refused, is an outcome, and the machine goes on (C7)")
    func refusedCommands() throws {
        let bench = try DriverBench()
        bench.lead()
        bench.propose(1, 255, 2)
        let empty = CallbackProposal<Int>(payload: []) { [proposals = bench.proposals] in proposals.append($0) }
        bench.driver.wake(bench.driver.mailbox.post(proposal: empty))
        bench.propose(3)
        bench.settle()
        #expect(bench.proposals.values == [1, 2, 3])
        #expect(bench.proposals.errors.map(\.outcome) == [.committed, .committed])
        #expect(!bench.engine.isFenced)
    }

    @Test("A machine that breaks stops its node with the index, and hangs no caller (C7)", arguments: [true, false])
    func brokenMachine(_ isInline: Bool) throws {
        let bench = try DriverBench(isInline: isInline)
        bench.lead()
        bench.propose(1, 254, 2)
        bench.read()
        bench.settle()
        #expect(bench.proposals.values == [1])
        #expect(bench.proposals.errors.map(\.outcome) == [.unknown, .unknown])
        #expect(bench.failures.errors.first?.message.contains("at index 4") == true)
        #expect(bench.reads.results.count == 1 && bench.engine.isFenced)
    }

    @Test("The machine is told of every index, each once and in order (C4)")
    func everyIndex() throws {
        let bench = try DriverBench()
        bench.lead()
        bench.propose(5, 255, 6)
        bench.settle()
        bench.read()
        bench.settle()
        #expect(bench.reads.values.first?.commands == [5, 6])
        #expect(bench.reads.values.first?.skipped == [1, 2, 4])
        #expect(bench.engine.appliedIndex == 5)
    }

    @Test("A read sees what was acknowledged before it, also when the machine lags (R1)")
    func readAfterWrite() throws {
        let bench = try DriverBench(isInline: false)
        bench.lead()
        bench.propose(5)
        bench.environment.driver.run()
        bench.environment.storage.run()
        bench.environment.driver.run()
        bench.read()
        bench.environment.driver.run()
        #expect(bench.reads.results.isEmpty)
        bench.settle()
        #expect(bench.reads.values.map(\.commands) == [[5]])
    }

    @Test("A read on a follower, and one whose leader is lost, end as rejected (R3)")
    func readsEnd() throws {
        let bench = try DriverBench(TestEngine.three)
        bench.read()
        bench.settle()
        #expect(bench.reads.errors.map(\.code) == [.notLeader])
        bench.lead()
        bench.read()
        bench.settle()
        #expect(bench.reads.results.count == 1)
        bench.receive(.heartbeat(Heartbeat(term: 9, stream: 1, previous: .zero, leaderCommit: 0, round: 1)), from: 3)
        bench.settle()
        #expect(bench.reads.errors.map(\.code) == [.notLeader, .notLeader])
    }

    @Test("Metrics are published after what they describe (W5)")
    func metricsComeAfter() async throws {
        let bench = try DriverBench()
        bench.lead()
        let (stream, continuation) = AsyncStream.makeStream(of: RaftMetrics.self)
        bench.driver.post(.subscribe(continuation, 1))
        bench.settle()
        let seen = DriverBench.Outcomes<Bool>()
        let proposal = CallbackProposal<Int>(payload: [1]) { _ in seen.append(.success(true)) }
        bench.driver.wake(bench.driver.mailbox.post(proposal: proposal))
        bench.settle()
        #expect(seen.values.count == 1)
        bench.driver.post(.unsubscribe(1))
        bench.settle()
        continuation.finish()
        var all: [RaftMetrics] = []
        for await metrics in stream { all.append(metrics) }
        #expect(all.last?.commitIndex == 3 && all.last?.appliedIndex == 3 && all.last?.pendingProposals == 0)
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.commitIndex <= $1.commitIndex })
        #expect(all.allSatisfy { $0.appliedIndex <= $0.commitIndex && $0.commitIndex <= $0.lastIndex })
    }
}
