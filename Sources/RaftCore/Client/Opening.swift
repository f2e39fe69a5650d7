import RaftMembership
package import RaftTracing

/// Opens storage on its own lane, so that no caller's thread waits for a disk.
package enum Opening {
    package struct Opened: Sendable {
        package var storage: any LogStorage
        var hardState: HardState
        package var recovered: RecoveredGroup
    }

    static func open(
        _ provider: StorageProvider, _ context: StorageContext, on lane: any Lane, _ environment: any Environment,
        _ configuration: RaftConfiguration, _ tracer: Tracer
    ) async throws -> Opened {
        try await withCheckedThrowingContinuation { continuation in
            lane.schedule(
                Job {
                    continuation.resume(
                        with: Result { try open(provider, context, environment, configuration, tracer) })
                })
        }
    }

    /// Parts that were each read without error may still contradict one another: then something is lost (rule D3).
    private static func checkConsistency(_ recovered: RecoveredGroup) throws {
        let last = recovered.damage?.last ?? recovered.terms.last
        guard let hardState = recovered.hardState else {
            guard last == .zero, recovered.damage == nil else {
                throw StorageError(.damaged, "the log ends at \(last), but there is no hard state")
            }
            return
        }
        guard hardState.term >= last.term else {
            throw StorageError(.damaged, "the log ends at \(last), but the hard state is of term \(hardState.term)")
        }
        guard hardState.commitHint <= max(last.index, recovered.damage?.lastIndex ?? .zero) else {
            throw StorageError(
                .damaged, "entries to \(hardState.commitHint) were committed, but the log ends at \(last)")
        }
    }

    /// Without its snapshot when the body of that is not what was written, or cannot be read: another comes from the leader
    /// (rule D3).
    static func checkSnapshot(
        of recovered: RecoveredGroup, in storage: any LogStorage, _ progressed: () -> Void
    ) throws -> RecoveredGroup {
        guard let snapshot = recovered.snapshot, let store = storage.snapshots else { return recovered }
        do {
            try snapshot.verify(try store.open(snapshot.id, of: .first), progressed: progressed)
            return recovered
        } catch let error as StorageError where [.damaged, .missing, .io].contains(error.code) {
            return recovered.losing(snapshot, error.message)
        }
    }

    /// Damage is made good by a leader; a server that votes alone has none but itself. Whether it does is not known where
    /// what cannot be read may be a configuration that added others.
    static func checkThatSomebodyCanHelp(_ recovered: RecoveredGroup, _ node: NodeID) throws {
        guard recovered.damage != nil, !recovered.mayHideConfiguration,
            let logged = (recovered.configurations + recovered.detached).last ?? recovered.snapshot?.configuration,
            logged.membership.voters == [node], !logged.membership.isJoint
        else { return }
        throw StorageError(
            .damaged,
            "\(recovered.fault ?? "the log is damaged"), and no other member has it: this node votes alone; restore a backup"
        )
    }

    /// What the node was it cannot be any more. It goes on in another life, which counts nowhere until a configuration has
    /// it in the place of the former one (rule M10). Its log is one of this cluster, whatever is missing at the end.
    private static func beginNewLife(
        after amnesia: Amnesia, _ recovered: RecoveredGroup, _ environment: any Environment, _ tracer: Tracer
    ) throws -> HardState {
        let mark = amnesia.mark
        let logged = (recovered.configurations + recovered.detached).last ?? recovered.snapshot?.configuration
        // Without a cluster there is nothing to come back to; another's data is not to be changed; and where it votes alone,
        // nobody is left who could take it in.
        guard mark.cluster != nil, recovered.hardState?.cluster ?? mark.cluster == mark.cluster,
            logged?.membership.voters != [mark.member.id]
        else { throw amnesia.error }
        let former = max(mark.member.incarnation, recovered.hardState?.member.incarnation ?? .unknown)
        var hardState = recovered.hardState ?? HardState(member: mark.member)
        hardState.beginNewLife(as: .drawn(environment, after: former))
        hardState.cluster = mark.cluster
        hardState.term = max(hardState.term, mark.term)
        tracer.error(
            .nodeAmnesiac,
            "\(amnesia.error.message); it begins another life, as incarnation \(hardState.member.incarnation): the "
                + "cluster takes it in as a learner",
            [.reason(amnesia.error.message)])
        return hardState
    }

    static func close(_ storage: any LogStorage, on lane: any Lane) async {
        await withCheckedContinuation { continuation in
            lane.schedule(
                Job {
                    storage.close()
                    continuation.resume()
                })
        }
    }

    /// The provider's storage, with its mark beside it if it has one.
    private static func make(
        _ provider: StorageProvider, _ context: StorageContext, _ configuration: RaftConfiguration, _ tracer: Tracer
    ) throws -> any LogStorage {
        let storage = try provider.open(context)
        guard let mark = provider.mark else { return storage }
        return MarkedStorage(
            storage, mark: mark, node: context.node, isIgnored: configuration.breaks(.ignoreMark), tracer: tracer)
    }

    /// Opens, checks and counts the start. Blocks for as long as the disk does.
    package static func open(
        _ provider: StorageProvider, _ context: StorageContext, _ environment: any Environment,
        _ configuration: RaftConfiguration = RaftConfiguration(), _ tracer: Tracer = .silent
    ) throws -> Opened {
        let storage = try make(provider, context, configuration, tracer)
        do {
            let recovered = try checkSnapshot(of: try storage.recover(.first), in: storage, context.progressed)
            try checkConsistency(recovered)
            try checkThatSomebodyCanHelp(recovered, context.node)
            var hardState: HardState
            if let amnesia = recovered.amnesia {
                hardState = try beginNewLife(after: amnesia, recovered, environment, tracer)
            } else if let known = recovered.hardState {
                guard known.member.id == context.node else {
                    throw StorageError(
                        .foreign,
                        "the data belongs to node \(known.member.id), not to node \(context.node): start it as that "
                            + "node, or give this one a directory of its own")
                }
                hardState = known
            } else {
                // A life begins: its number is higher than those of any life before it on this id, as far as the wall
                // clock rises (rule M10). Durable before anybody hears of it.
                let incarnation = Incarnation.drawn(environment)
                hardState = HardState(member: Member(id: context.node, incarnation: incarnation))
            }
            hardState.startCounter += 1
            // Durable before it is promised (rule R6).
            hardState.largestPromise = max(hardState.largestPromise, configuration.promise)
            try storage.commit([
                // Damage that a snapshot covers goes with what it covers.
                StorageBatch(group: .first, purgeThrough: recovered.dropped, hardState: hardState)
            ])
            return Opened(storage: storage, hardState: hardState, recovered: recovered)
        } catch {
            storage.close()
            throw error
        }
    }
}

extension Incarnation {
    /// Of a life that begins now: higher than those of any life before, as far as the wall clock rises.
    static func drawn(_ environment: any Environment, after former: Incarnation = .unknown) -> Incarnation {
        max(Incarnation(environment.wallClock() / 1000 % wireBound), Incarnation(former.rawValue + 1))
    }
}

extension HardState {
    /// Another member begins with what this one has: it has voted for nobody.
    mutating func beginNewLife(as incarnation: Incarnation) {
        member.incarnation = incarnation
        startCounter = 0
        votedFor = nil
    }
}

/// Something to run once, on a lane.
final class Job: Runnable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func run() { body() }
}
