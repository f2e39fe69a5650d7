#if TestBuild
    @testable import RaftCore
    import RaftMembership
    import Testing

    /// Rules that hold on a single engine or applier, and do not under their switches. Those that are no safety rules are
    /// caught here alone; the others by a property too (the mutation table).
    @Suite("Switches caught by a test of one part")
    struct SwitchTests {
        static let rules: [(Mutation, @Sendable (RaftConfiguration) throws -> Bool)] = [
            (.completionsInOrder, completions), (.skipUnknownKind, unknownKind), (.keepSuspectInQuorum, suspect),
            (.probeWithoutBackoff, probes), (.acceptSuperseded, superseded), (.succeedByIndex, otherTerm),
            (.joinTheDead, silent), (.sendEarlyToWitness, early), (.allowWitnessMajority, uncovered),
        ]

        @Test(
            "The rule holds, and does not when it is broken on purpose (L3, L11, L13, M7, P5, Q1, W3, X1, X4)",
            arguments: rules.indices)
        func caught(at position: Int) throws {
            let (rule, holds) = Self.rules[position]
            #expect(try holds(RaftConfiguration()))
            var configuration = RaftConfiguration()
            configuration.mutation = rule
            #expect(try !holds(configuration), "\(rule) is not noticed")
        }

        /// L11: a later write that is done says nothing of an earlier one.
        static func completions(_ configuration: RaftConfiguration) throws -> Bool {
            var follower = try TestEngine(configuration: configuration)
            follower.receive(follower.heartbeat(2))
            follower.persist()
            follower.receive(follower.append(2, after: TestEngine.id(1, 1), [2], sequence: 1))
            follower.receive(follower.append(2, after: TestEngine.id(2, 2), [2], sequence: 2))
            follower.persist(at: 1)
            return follower.engine.log.flushed == 1
        }

        /// L13: what a newer release wrote is never skipped.
        static func unknownKind(_ configuration: RaftConfiguration) throws -> Bool {
            var follower = try TestEngine(configuration: configuration)
            var builder = EntryBatchBuilder(firstIndex: 2)
            builder.append(EntryKind(rawValue: 77), term: 2, payload: [])
            follower.receive(
                .appendEntries(
                    AppendEntries(
                        term: 2, stream: 1, sequence: 1, previous: TestEngine.id(1, 1), leaderCommit: 2,
                        entries: builder.finish())))
            return follower.engine.isFenced && follower.engine.log.last.index == 1
        }

        /// L3: who lost what it had acknowledged commits nothing.
        static func suspect(_ configuration: RaftConfiguration) throws -> Bool {
            var leader = try TestEngine(log: [1], configuration: configuration)
            leader.lead(with: [2, 3])
            leader.receive(leader.matched(3, by: 2), from: 2)
            leader.receive(
                .heartbeatReply(
                    HeartbeatReply(
                        term: 2, stream: leader.progress(of: 2).stream, round: 1, hasMatch: false, accepted: 0,
                        matched: 0)))
            leader.step(.proposed([[1]]))
            leader.persist()
            leader.receive(leader.matched(4, by: 2), from: 2)
            return leader.engine.commitIndex == 3
        }

        /// Q1: nobody leaves a majority behind for voters that do not answer.
        static func silent(_ configuration: RaftConfiguration) throws -> Bool {
            var leader = try TestEngine.leader(configuration: configuration)
            leader.beat([2], times: 40)
            let refused = leader.change(.remove(2)).changes.first?.refusal?.contains("do not answer") == true
            return refused && !leader.engine.membership.isJoint
        }

        /// X4: a witness never has an entry that its leader's crash could take from every full member.
        static func early(_ configuration: RaftConfiguration) throws -> Bool {
            var leader = try TestEngine.leader(1, WitnessTests.three, configuration: configuration)
            leader.settle([2, 3])
            let isEarly = leader.step(.proposed([[1]])).appends(to: 3).contains { !$0.entries.isEmpty }
            return !isEarly && leader.persist().appends(to: 3).contains { !$0.entries.isEmpty }
        }

        /// X1: no majority of witnesses.
        static func uncovered(_ configuration: RaftConfiguration) throws -> Bool {
            let membership = WitnessTests.membership([1, 2, 3, 4, 5], witnesses: [4, 5])
            var leader = try TestEngine.leader(1, membership, with: [2, 3], configuration: configuration)
            leader.beat([2, 3, 4, 5])
            leader.change(.remove(2), .remove(3))
            return !leader.engine.membership.isJoint
        }

        /// P5: a peer that never answers is probed ever more rarely.
        static func probes(_ configuration: RaftConfiguration) throws -> Bool {
            var leader = try TestEngine(configuration: configuration)
            leader.lead()
            leader.receive(leader.matched(2, by: 2), from: 2)
            var count = 0
            for _ in 0..<200 {
                let effects = leader.deadline()
                count += effects.appends(to: 3).count
                for beat in effects.heartbeats(to: 2) {
                    let last = leader.engine.log.last.index
                    leader.receive(
                        .heartbeatReply(
                            HeartbeatReply(
                                term: 2, stream: beat.stream, round: beat.round, hasMatch: true, accepted: last,
                                matched: last)))
                }
            }
            return leader.engine.role == .leader && (1..<20).contains(count)
        }

        /// M7: an earlier life of a member gets no vote.
        static func superseded(_ configuration: RaftConfiguration) throws -> Bool {
            var voter = try TestEngine(configuration: configuration)
            let earlier = Member(id: 2, incarnation: 101)
            let request = Message.voteRequest(
                VoteRequest(term: 9, round: 1, isPreVote: false, last: TestEngine.id(9, 8)))
            voter.step(
                .received(Envelope(group: .first, from: earlier, to: voter.engine.member, message: request)))
            return voter.engine.term == 1
        }

        /// W3: an entry that another leader wrote at a proposal's index is not the proposal's success.
        static func otherTerm(_ configuration: RaftConfiguration) throws -> Bool {
            let outcomes = DriverBench.Outcomes<Int>()
            let applier = MachineApplier(
                machine: ListMachine(isInline: true), applied: 0, lane: ManualLane(), isInline: true,
                storage: CountingStorage(), group: .first, configuration: configuration, report: { _ in })
            let waiter = Waiter(
                id: LogID(term: 1, index: 1), proposal: CallbackProposal<Int>(payload: [1]) { outcomes.append($0) })
            applier.submit(.apply(through: 1, entries: [LogTests.batch([2])], waiters: [waiter]))
            applier.run()
            return outcomes.values.isEmpty && outcomes.errors.count == 1
        }
    }
#endif
