import Glibc
@testable import RaftCore
import RaftCrashRecorder
import RaftMembership
import Testing

@testable import RaftStorageLMDB
@testable import RaftTesting

/// Rule Q1 on LMDB: the data of one survivor becomes the beginning of a new cluster, or stays as it is.
@Suite("A survivor's data becomes a new cluster's")
struct ClusterRecoveryTests {
    let place: TemporaryDirectory
    var mark: String { place.path + "/node.mark" }

    init() throws { place = try TemporaryDirectory() }

    /// Remembers all commands, in order.
    struct Tape: StateMachine, Codable {
        var commands: [[UInt8]] = []
        mutating func apply(_ command: [UInt8]) -> Int {
            commands.append(command)
            return commands.count
        }
        static func encode(_ command: [UInt8]) throws -> [UInt8] { command }
        static func decode(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { [UInt8](bytes) }
    }

    static let old = ClusterID(high: 1, low: 2)
    static let beginning = ClusterRecovery.Beginning(cluster: ClusterID(high: 3, low: 4), incarnation: 900)

    private func provider(_ data: String? = nil, _ mark: String? = nil) -> StorageProvider {
        let data = data ?? place.data
        return StorageProvider(mark: FileMarkStore(at: mark ?? self.mark)) {
            try LMDBStorage(directory: data, context: $0, options: TemporaryDirectory.options())
        }
    }

    private func open() throws -> ClusterRecovery { try ClusterRecovery(of: provider(), node: 1, cluster: "test") }

    private static func membership() throws -> Membership {
        try Membership(
            members: [1, 2, 3].map { id in
                Membership.Record(
                    member: Member(id: NodeID(id), incarnation: id == 1 ? 5 : Incarnation(40 + id)),
                    addresses: ["memory:\(id)"])
            }, voters: [1, 2, 3])
    }

    /// A configuration and eight commands, six of them known to be committed.
    private static func entries() throws -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: 1)
        builder.append(
            .configuration, term: 1,
            payload: MembershipCodec.encode(ConfigurationPayload(cluster: old, membership: try membership())))
        for number in 2...9 { builder.append(.command, term: 2, payload: [UInt8(number)]) }
        return builder.finish()
    }

    /// What a member of three left, stopped.
    @discardableResult
    private func prepare(withSnapshot: Bool = false) throws -> HardState {
        let storage = MarkedStorage(try place.open(), mark: FileMarkStore(at: mark), node: 1)
        defer { storage.close() }
        _ = try storage.recover(.first)
        var hard = hardState(4, commitHint: 7)
        hard.cluster = Self.old
        try storage.commit([StorageBatch(group: .first, entries: try Self.entries(), hardState: hard)])
        if withSnapshot {
            let snapshot = try SnapshotBody.write(
                CodableView(machine: Tape(commands: [[2], [3], [4]])),
                as: Snapshot(
                    last: LogID(term: 2, index: 4), cluster: Self.old,
                    configuration: LoggedMembership(id: LogID(term: 1, index: 1), membership: try Self.membership())),
                to: try #require(storage.snapshots).create(for: .first), isCancelled: { false })
            try storage.commit([StorageBatch(group: .first, snapshot: snapshot, purgeThrough: snapshot.last)])
        }
        return hard
    }

    /// As a node that starts finds it.
    private func started(_ data: String? = nil, _ mark: String? = nil) throws -> (RecoveredGroup, Tape?) {
        let provider = provider(data, mark)
        let inner = try provider.open(TemporaryDirectory.context)
        let storage = MarkedStorage(inner, mark: try #require(provider.mark), node: 1)
        defer { storage.close() }
        let found = try storage.recover(.first)
        guard let snapshot = found.snapshot else { return (found, nil) }
        var tape = Tape()
        try SnapshotBody.read(
            snapshot, from: try #require(storage.snapshots).open(snapshot.id, of: .first), isCancelled: { false }
        ) { try tape.restore(from: $0) }
        return (found, tape)
    }

    @Test(
        "All that the survivor holds is the first state of a cluster of its own, and it starts (Q1)",
        arguments: [false, true])
    func recovered(withSnapshot: Bool) throws {
        try prepare(withSnapshot: withSnapshot)
        let recovery = try open()
        #expect(recovery.amnesia == nil)
        #expect(recovery.configuration?.membership.voters == [1, 2, 3])
        let snapshot = try recovery.recover(Tape(), as: Self.beginning)
        recovery.close()

        let (found, tape) = try started()
        let position = LogID(term: 5, index: 10)
        #expect(tape?.commands == (2...9).map { [UInt8($0)] })
        #expect(found.snapshot == snapshot && snapshot.last == position && snapshot.cluster == Self.beginning.cluster)
        #expect(found.terms == TermRuns(base: position))
        #expect(found.configurations.isEmpty)
        let hard = try #require(found.hardState)
        #expect(hard.cluster == Self.beginning.cluster && hard.member == Member(id: 1, incarnation: 900))
        #expect(hard.term == 5 && hard.votedFor == nil && hard.commitHint == 10 && hard.startCounter == 3)
        let membership = snapshot.configuration.membership
        #expect(membership.voters == [1] && membership.members.map(\.addresses) == [["memory:1"]])
        // Former lives of all members stay known (rule M7).
        #expect(
            membership.highestIncarnations == [
                hard.member, Member(id: 2, incarnation: 42), Member(id: 3, incarnation: 43),
            ])
        #expect(try LMDBInspection(directory: place.data).isIntact)
        #expect(try FileMarkStore(at: mark).read()?.member == hard.member)
    }

    @Test("An incarnation is above all that were, whatever the clock says (Q1, M7)")
    func slowClock() throws {
        try prepare()
        let recovery = try open()
        defer { recovery.close() }
        let beginning = ClusterRecovery.Beginning(
            cluster: Self.beginning.cluster, incarnation: 2, addresses: ["memory:one"])
        let snapshot = try recovery.recover(Tape(), as: beginning)
        let record = snapshot.configuration.membership.members[0]
        #expect(record.member == Member(id: 1, incarnation: 6) && record.addresses == ["memory:one"])
    }

    @Test("Data that is not what the node left says so, and is not changed by looking (Q1, M10)")
    func amnesiac() throws {
        try prepare()
        var later = try #require(try FileMarkStore(at: mark).read())
        later.startCounter += 1
        try FileMarkStore(at: mark).write(later)
        let recovery = try open()
        #expect(recovery.amnesia?.code == .amnesiac)
        recovery.close()
        #expect(try FileMarkStore(at: mark).read() == later)
        #expect(try started().0.amnesia != nil)
        // Whoever goes on nevertheless has a node that starts.
        let again = try open()
        try again.recover(Tape(), as: Self.beginning)
        again.close()
        let (found, _) = try started()
        #expect(found.hardState?.cluster == Self.beginning.cluster && found.amnesia == nil)
    }

    @Test("Of a damaged log what comes before the damage is there, when that is accepted (Q1, D3)")
    func damaged() throws {
        let hard = try prepare()
        var bytes = try place.bytes()
        try DamageTests.spoil(&bytes, entry: 6, try Self.entries())
        try place.replace(with: bytes)
        let recovery = try open()
        #expect(recovery.found.terms.last.index == 5)
        #expect(storageError { try recovery.recover(Tape(), as: Self.beginning) }?.code == .damaged)
        try recovery.recover(Tape(), as: Self.beginning, acceptingDamage: true)
        recovery.close()
        let (found, tape) = try started()
        #expect(tape?.commands == (2...5).map { [UInt8($0)] })
        #expect(found.terms == TermRuns(base: LogID(term: hard.term.next, index: 10)) && found.damage == nil)
        #expect(try LMDBInspection(directory: place.data).isIntact)
    }

    @Test("A node that runs, one without a past, and a machine that fails change nothing (Q1)")
    func refused() throws {
        let pristine = try open()
        #expect(storageError { try pristine.recover(Tape(), as: Self.beginning) }?.code == .misuse)
        pristine.close()
        let hard = try prepare()
        let running = try place.open()
        #expect(storageError { _ = try open() }?.code == .locked)
        running.close()

        struct Failing: StateMachine {
            mutating func apply(_ command: [UInt8]) throws -> Int { throw StorageError(.io, "broken") }
            static func encode(_ command: [UInt8]) throws -> [UInt8] { command }
            static func decode(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { [UInt8](bytes) }
        }
        let recovery = try open()
        #expect(
            storageError { try recovery.recover(Failing(), as: Self.beginning) }?.message.contains("index 2") == true)
        recovery.close()
        #expect(try started().0.hardState == hard)
    }

    @Test("A backup is the first state of a cluster of its own, and only where nothing was (Q1)")
    func restored() throws {
        try prepare(withSnapshot: true)
        let source = try place.open()
        let backup = try #require(try source.recover(.first).snapshot)
        let body = try source.bodies.open(backup.id, of: .first)
        source.close()
        let occupied = try open()
        #expect(
            storageError { try occupied.restore(backup, from: body, into: Tape(), as: Self.beginning) }?.code
                == .foreign)
        occupied.close()

        let other = try TemporaryDirectory()
        let recovery = try ClusterRecovery(
            of: provider(other.data, other.path + "/node.mark"), node: 1, cluster: "test")
        var damaged = backup
        damaged.checksum ^= 1
        let beginning = ClusterRecovery.Beginning(
            cluster: Self.beginning.cluster, incarnation: 900, addresses: ["memory:new"])
        #expect(
            storageError { try recovery.restore(damaged, from: body, into: Tape(), as: beginning) }?.code == .damaged)
        let snapshot = try recovery.restore(backup, from: body, into: Tape(), as: beginning)
        recovery.close()
        let (found, tape) = try started(other.data, other.path + "/node.mark")
        #expect(tape?.commands == [[2], [3], [4]])
        #expect(found.snapshot == snapshot && snapshot.last == LogID(term: 3, index: 5))
        #expect(snapshot.configuration.membership.members.map(\.addresses) == [["memory:new"]])
        #expect(found.hardState?.cluster == Self.beginning.cluster)
        unlink(other.path + "/node.mark")
    }

    @Test("A kill or a power cut at any moment leaves the old data or the new, and either starts (Q1, L7)")
    func crashes() throws {
        let (problems, outcomes) = try crashes(breaking: MutationSwitch())
        #expect(problems == [])
        #expect(outcomes[false] ?? 0 > 10 && outcomes[true] ?? 0 > 5, "\(outcomes)")
    }

    @Test("Data that was older than its node counts as that until they are the new cluster's (Q1, M10)")
    func crashesOfAmnesiac() throws {
        let (problems, outcomes) = try crashes(breaking: MutationSwitch(), isAmnesiac: true)
        #expect(problems == [])
        #expect(outcomes[false] ?? 0 > 10 && outcomes[true] ?? 0 > 5, "\(outcomes)")
    }

    @Test("A new cluster's incarnation is above the one that its node's mark tells of (Q1, M7, M10)")
    func markedIncarnation() throws {
        var hard = try prepare()
        hard.member.incarnation = 2000
        try FileMarkStore(at: mark).write(NodeMark(hard, last: .zero))
        let recovery = try open()
        #expect(recovery.amnesia?.code == .amnesiac)
        try recovery.recover(Tape(), as: Self.beginning)
        recovery.close()
        let (found, _) = try started()
        #expect(found.hardState?.member.incarnation == 2001 && found.amnesia == nil)
    }

    #if TestBuild
        @Test(
            "A crash that leaves neither is found when the rule is broken on purpose (Q1)",
            arguments: [Mutation.recoverInTwoCommits])
        func switches(rule: Mutation) throws {
            #expect(try !crashes(breaking: MutationSwitch(rule)).problems.isEmpty)
            #expect(MutationCatalogue.modules[rule] != nil && rule.rule == "Q1")
        }
    #endif

    /// Every state that a crash in a recovery may leave: those that are neither the old one nor the new, and how many are
    /// the new one.
    private func crashes(
        breaking broken: MutationSwitch, isAmnesiac: Bool = false
    ) throws -> (problems: [String], outcomes: [Bool: Int]) {
        let hard = try prepare(withSnapshot: true)
        if isAmnesiac {
            // It had voted since.
            var later = hard
            later.term = later.term.next
            try FileMarkStore(at: mark).write(NodeMark(later, last: LogID(term: 2, index: 9)))
        }
        let scratch = ["node/1/raft.mdb-lock", "node/1/LOCK"]
        let before = try DirectoryImage(of: place.path, skipping: scratch)
        let inodes = before.files.keys.reduce(into: [:]) { $0[$1] = FileIdentity(of: "\(place.path)/\($1)")?.inode }
        let recording = try #require(CrashRecorder.systemCalls.start(place.path))
        let recovery = try open()
        recovery.broken = broken
        try recovery.recover(Tape(), as: Self.beginning)
        let calls = recording.calls()
        recording.stop()
        recovery.close()
        defer { unlink(mark) }
        let states = CrashStates(before: before, inodes: inodes, calls: calls)
        var seen: Set<DirectoryImage> = []
        var problems: [String] = []
        var outcomes: [Bool: Int] = [:]
        func visit(_ state: CrashStates.State) throws {
            guard state.isAfterReturn || seen.insert(state.image).inserted else { return }
            let rebuilt = place.path + "-rebuilt"
            var image = state.image
            for name in scratch { image.files[name] = nil }
            try image.write(to: rebuilt)
            defer { ScratchDirectory.remove(rebuilt) }
            do {
                let (found, tape) = try started(rebuilt + "/node/1", rebuilt + "/node.mark")
                let isNew = found.hardState?.cluster == Self.beginning.cluster
                outcomes[isNew, default: 0] += 1
                let isWhole =
                    isNew
                    ? tape?.commands.count == 8 && found.terms.last.index == 10
                    : tape?.commands.count == 3 && found.terms.last.index == 9 && found.hardState == hard
                        && !state.isAfterReturn
                if !isWhole { problems.append("\(state.crash): neither the old data nor the new") }
                if (found.amnesia != nil) != (isAmnesiac && !isNew) {
                    problems.append(
                        "\(state.crash): \(isNew ? "the new" : "the old") data, amnesia \(found.amnesia != nil)")
                }
            } catch {
                problems.append("\(state.crash): \(error)")
            }
        }
        try states.killed(visit)
        var random = SeededRandom(seed: 1)
        try states.powerLost(most: 6, using: &random, visit)
        return (problems, outcomes)
    }
}
