public import RaftMembership

/// The way out when a quorum is lost for good, and the way in for a backup: makes the data of one stopped node the
/// beginning of a new cluster of which it is the only member (rule Q1). What `raftd recover` and `raftd restore` do, for
/// daemons with machines of their own.
///
/// The new cluster has another identity and the node another incarnation, so that nobody of the old one talks to it, and
/// its log begins with a snapshot: no entry of the old one is in it. Position, configuration, identity and log change in
/// one commit: a crash at any moment leaves the data as it was or that of the new cluster, and either starts.
///
/// The storage is this process's from `init` to `close`. Calls block for as long as disk and machine do; one at a time.
public final class ClusterRecovery {
    /// What the new cluster is to be.
    public struct Beginning: Hashable, Sendable {
        /// Drawn at random, by whoever calls.
        public var cluster: ClusterID
        /// As a new life draws it, of the wall clock; it is raised above all that the configuration knows.
        public var incarnation: Incarnation
        /// Where others will reach the node; when empty, those of the configuration that is found.
        public var addresses: [String]

        public init(cluster: ClusterID, incarnation: Incarnation, addresses: [String] = []) {
            self.cluster = cluster
            self.incarnation = incarnation
            self.addresses = addresses
        }
    }

    public let node: NodeID
    /// What the data holds, every checksum verified; up to the first damaged entry, when there is one.
    public let found: RecoveredGroup
    /// Why the data is not what the node left, as its mark tells (rule M10); nil when nothing tells so.
    public let amnesia: StorageError?
    let storage: any LogStorage
    private let mark: (any MarkStore)?
    /// The last life that the mark tells of.
    private let marked: Incarnation
    /// The rule that is broken on purpose; none but in test builds.
    package var broken = MutationSwitch()

    /// Opens the storage of a stopped node and verifies what is there.
    /// - Throws: `StorageError`: `locked` while a node runs on it, `foreign`, `damaged`, `tooNew`, `io`.
    public init(of provider: StorageProvider, node: NodeID, cluster name: String) throws {
        self.node = node
        mark = provider.mark
        storage = try provider.open(StorageContext(node: node, clusterName: name))
        do {
            found = try storage.recover(.first)
            (amnesia, marked) = try Self.amnesia(found, node, mark)
        } catch {
            storage.close()
            throw error
        }
    }

    private static func amnesia(
        _ found: RecoveredGroup, _ node: NodeID, _ store: (any MarkStore)?
    ) throws -> (StorageError?, Incarnation) {
        do {
            guard let store, let mark = try store.read() else { return (nil, .unknown) }
            let objection = mark.objection(to: found, of: node, location: store.location)
            if let objection, objection.code != .amnesiac { throw objection }
            return (objection, mark.member.incarnation)
        } catch let error as StorageError where error.code == .damaged {
            // It proves nothing.
            return (nil, .unknown)
        }
    }

    public func close() { storage.close() }

    /// The last configuration there is, committed or not.
    public var configuration: LoggedMembership? { found.configurations.last ?? found.snapshot?.configuration }

    // MARK: The two ways

    /// Makes all that this node holds the state of a new cluster: what was committed, and what follows it in its log, for
    /// some of that may have been acknowledged.
    /// - Parameters:
    ///   - machine: in its first state; everything is applied to it.
    ///   - acceptingDamage: whether to go on when entries are damaged: with those before the first such one.
    /// - Returns: the snapshot with which the new cluster begins.
    /// - Throws: `StorageError`; nothing is changed then, unless the message says so.
    @discardableResult
    public func recover(
        _ machine: some StateMachine, as beginning: Beginning, acceptingDamage: Bool = false
    ) throws -> Snapshot {
        guard let hard = found.hardState, hard.cluster != nil, let before = configuration?.membership, !before.isEmpty
        else {
            throw StorageError(
                .misuse, "node \(node) never belonged to a cluster: there is nothing to recover; form a cluster")
        }
        guard found.snapshot?.copy ?? found.copy != .positions, before.kind(of: node) != .witness else {
            throw StorageError(
                .misuse,
                "node \(node) was a witness and has no state: recover a full member, or restore a backup (rule X4)")
        }
        if let damage = found.damage, !acceptingDamage {
            throw StorageError(.damaged, found.fault ?? "entries from \(damage.firstIndex) on are damaged")
        }
        // Behind what is damaged too, so that nothing of it stays.
        let end = LogID(
            term: max(hard.term, found.terms.last.term, found.damage?.lastTerm ?? .zero),
            index: max(found.terms.last.index, found.damage?.lastIndex ?? .zero))
        let snapshot = try first(after: end, before, as: beginning)
        let view = try stateAtTheEnd(of: machine)
        return try begin(snapshot, startCounter: hard.startCounter) { writer in
            try SnapshotBody.write(
                view.machine, record: view.sessions.encode(), as: snapshot, to: writer, isCancelled: { false })
        }
    }

    /// Makes a backup the state of a new cluster. The node must have no history.
    /// - Parameters:
    ///   - backup: what the body is of.
    ///   - body: its bytes.
    ///   - machine: in its first state; takes on the backup, so that one it cannot read is refused here.
    /// - Returns: the snapshot with which the new cluster begins.
    /// - Throws: `StorageError`; nothing is changed then, unless the message says so.
    @discardableResult
    public func restore(
        _ backup: Snapshot, from body: any SnapshotReader, into machine: some StateMachine, as beginning: Beginning
    ) throws -> Snapshot {
        let hard = found.hardState
        guard hard?.cluster == nil, found.terms.last == .zero, found.snapshot == nil, found.damage == nil else {
            let cluster = hard?.cluster.map { " of cluster \($0)" } ?? ""
            throw StorageError(
                .foreign, "node \(node) has data\(cluster): a backup is restored into an empty directory only")
        }
        let snapshot = try first(after: backup.last, backup.configuration.membership, as: beginning)
        try SnapshotBody.readState(backup, from: body, isCancelled: { false }) { record, source in
            _ = try SessionTable(record: record)
            var machine = machine
            try machine.restore(from: source)
        }
        return try begin(snapshot, startCounter: hard?.startCounter ?? 0) { writer in
            var whole = snapshot
            whole.size = backup.size
            whole.checksum = backup.checksum
            var offset: UInt64 = 0
            while offset < backup.size {
                let bytes = try body.read(at: offset, count: Int(min(1 << 20, backup.size - offset)))
                guard !bytes.isEmpty else { throw backup.damaged }
                try bytes.withUnsafeBytes { try writer.append($0) }
                offset += UInt64(bytes.count)
            }
            try writer.finish(as: whole)
            return whole
        }
    }

    // MARK: The beginning

    /// The snapshot of a cluster of this node alone. Its configuration has a position of its own, in a term of its own,
    /// behind everything that was there.
    private func first(after end: LogID, _ before: Membership, as beginning: Beginning) throws -> Snapshot {
        let position = LogID(term: end.term.next, index: end.index.next)
        let highest = max(
            before.highestIncarnations.first { $0.id == node }?.incarnation ?? .unknown,
            found.hardState?.member.incarnation ?? .unknown, marked)
        guard position.term.rawValue < wireBound, position.index.rawValue < wireBound, highest.rawValue < wireBound - 1
        else { throw StorageError(.damaged, "terms, indices or incarnations are used up at \(end)") }
        let incarnation = max(beginning.incarnation, Incarnation(highest.rawValue + 1))
        let known = before.members.first { $0.member.id == node }?.addresses ?? []
        let addresses = beginning.addresses.isEmpty ? known : beginning.addresses
        guard !addresses.isEmpty else {
            throw StorageError(.misuse, "node \(node) has no address: say where other members will reach it")
        }
        let membership = try Membership(
            members: [
                Membership.Record(member: Member(id: node, incarnation: incarnation), addresses: addresses)
            ], voters: [node], highestIncarnations: before.highestIncarnations, featureLevel: before.featureLevel)
        return Snapshot(
            last: position, cluster: beginning.cluster,
            configuration: LoggedMembership(id: position, membership: membership))
    }

    /// The body first, under a name that nothing counts on; then one commit, and then the mark. Until that commit the old
    /// mark tells of data that lack something (rule M10); the new cluster's are of a later life than it knows.
    private func begin(
        _ snapshot: Snapshot, startCounter: UInt64, _ write: (any SnapshotWriter) throws -> Snapshot
    ) throws -> Snapshot {
        guard let store = storage.snapshots else {
            throw StorageError(.misuse, "this storage keeps no snapshots, and a new cluster begins with one")
        }
        let writer = try store.create(for: .first)
        let whole: Snapshot
        do {
            whole = try write(writer)
        } catch {
            writer.discard()
            throw error
        }
        let hard = HardState(
            cluster: whole.cluster, member: whole.configuration.membership.members[0].member,
            startCounter: startCounter, term: whole.last.term, commitHint: whole.last.index)
        var batch = StorageBatch(group: .first, snapshot: whole, purgeThrough: whole.last, hardState: hard)
        if breaks(.recoverInTwoCommits) {
            try storage.commit([StorageBatch(group: .first, hardState: hard)])
            batch.hardState = nil
        }
        try storage.commit([batch])
        do {
            try mark?.write(NodeMark(hard, last: whole.last))
        } catch {
            throw StorageError(
                .io, "cluster \(whole.cluster) has begun, but the node's mark could not be written: \(error)")
        }
        return whole
    }

    private func breaks(_ rule: Mutation) -> Bool {
        #if TestBuild
            broken.rule == rule
        #else
            false
        #endif
    }
}
