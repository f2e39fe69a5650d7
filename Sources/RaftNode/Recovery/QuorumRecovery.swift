import RaftCore
public import RaftMembership

/// Out of a lost quorum: makes one survivor's directory the beginning of a new cluster (rule Q1). What `raftd recover`
/// does.
///
/// The directory is locked from `init` to `close`. Nothing is changed before `carryOut`.
public final class QuorumRecovery {
    /// A member of the old cluster that is still there.
    public struct Survivor: Hashable, Sendable {
        public var id: NodeID
        /// Its data directory, to be compared; nil when that is not at hand.
        public var directory: String?

        public init(id: NodeID, directory: String? = nil) {
            self.id = id
            self.directory = directory
        }

        /// Reads `2` or `2=/var/lib/raftd/2`; nil for anything else.
        public init?(_ text: String) {
            let sign = text.firstIndex(of: "=")
            guard let id = UInt64(text[..<(sign ?? text.endIndex)]), id > 0, id < wireBound else { return nil }
            self.id = NodeID(id)
            directory = sign.map { String(text[text.index(after: $0)...]) }
            if directory?.isEmpty == true { return nil }
        }
    }

    /// What was found; after `carryOut`, what was done.
    public private(set) var report: RecoveryReport
    private let opened: ClusterRecovery
    private let machine: AnyStateMachine
    private let addresses: [String]

    /// Opens and verifies the directory that the configuration names, and reads those of other survivors.
    /// - Parameters:
    ///   - survivors: this node among them.
    ///   - address: where others will reach this node; nil for where they did.
    /// - Throws: `RecoveryRefused`, `StorageError`, `RegistryError`, `ConfigurationError`.
    public init(
        configuration: NodeConfiguration, registry: ModuleRegistry, survivors: [Survivor], address: String? = nil
    ) throws {
        let module = try registry.storage(configuration.storageModule)
        guard let directory = configuration.dataDirectory, configuration.storageModule != "memory" else {
            throw RecoveryRefused(.usage, "storage \(configuration.storageModule) leaves nothing to recover")
        }
        guard survivors.contains(where: { $0.id == configuration.id }) else {
            throw RecoveryRefused(
                .usage, "name every survivor with --survivor, node \(configuration.id) of this configuration too")
        }
        if let address { try Self.check(address) }
        // Reads without changing anything, and says what is damaged.
        let inspection = try module.inspection(of: directory)
        // Entries may be done without, from the first damaged one on; nothing else may.
        if let damage = inspection.damage.first(where: { $0.index == nil }) {
            throw StorageError(
                .damaged, "\(directory) is damaged and cannot be recovered from: \(damage.reason); see raftd inspect")
        }
        let context = ModuleContext(configuration: configuration)
        machine = try registry.machine(configuration.machineModule).make(context)
        addresses = address.map { [$0] } ?? []
        opened = try ClusterRecovery(
            of: Node.marked(try module.make(context), configuration), node: configuration.id,
            cluster: configuration.cluster)
        do {
            report = try Self.report(configuration, directory, opened, survivors, module)
            report.damage = inspection.damage.first.map { "log entry \($0.index ?? 0): \($0.reason)" }
        } catch {
            opened.close()
            throw error
        }
    }

    public func close() { opened.close() }

    /// - Throws: `RecoveryRefused` for what is no address.
    static func check(_ address: String) throws {
        do throws(TransportError) {
            _ = try RaftAddress(address)
        } catch {
            throw RecoveryRefused(.usage, error.message)
        }
    }

    /// Begins the new cluster.
    /// - Parameters:
    ///   - cluster: the identity of the old one, as the operator gave it: who names it means it.
    ///   - risks: what is accepted.
    /// - Throws: `RecoveryRefused` or `StorageError`; nothing is changed then, unless the message says so.
    public func carryOut(confirming cluster: String?, accepting risks: Set<RecoveryRisk> = []) throws {
        guard let cluster else {
            throw RecoveryRefused(
                .usage,
                "nothing was changed: to give up cluster \(report.cluster), repeat this with --confirm "
                    + report.cluster)
        }
        guard cluster.lowercased() == report.cluster else {
            throw RecoveryRefused(
                .usage, "nothing was changed: --confirm names \(cluster), and this is cluster \(report.cluster)")
        }
        if let amnesia = opened.amnesia, !risks.contains(.amnesia) {
            throw StorageError(
                .amnesiac, "\(amnesia.message); if this is all there is, repeat this with --accept amnesia")
        }
        if let damage = report.damage, !risks.contains(.damage) {
            throw StorageError(
                .damaged,
                "\(report.directory) is damaged, \(damage): if nothing better is left, repeat this with --accept damage"
            )
        }
        if let newer = report.newer.first, !risks.contains(.older) {
            throw RecoveryRefused(
                .refused,
                "node \(newer.id) has more of the log: recover \(newer.directory ?? "its directory") instead, or repeat "
                    + "this with --accept older")
        }
        let snapshot = try opened.recover(
            machine, as: .random(addresses), acceptingDamage: risks.contains(.damage))
        report.isDone = true
        report.newCluster = "\(snapshot.cluster)"
        report.newMember = "\(snapshot.configuration.membership.members[0].member)"
        report.begins = .init(index: snapshot.last.index.rawValue, term: snapshot.last.term.rawValue)
    }

    private static func report(
        _ configuration: NodeConfiguration, _ directory: String, _ opened: ClusterRecovery, _ survivors: [Survivor],
        _ module: StorageModule
    ) throws -> RecoveryReport {
        guard let hard = opened.found.hardState, let cluster = hard.cluster, let logged = opened.configuration else {
            throw RecoveryRefused(
                .refused, "node \(configuration.id) never belonged to a cluster: there is nothing to recover")
        }
        let membership = logged.membership
        for survivor in survivors where membership.slot(of: survivor.id) == nil && survivor.id != configuration.id {
            let ids = membership.members.map { "\($0.member.id)" }.joined(separator: ", ")
            throw RecoveryRefused(.usage, "node \(survivor.id) is no survivor: the members were \(ids)")
        }
        let last = opened.found.terms.last
        var report = RecoveryReport(
            directory: directory, clusterName: configuration.cluster, cluster: "\(cluster)", member: "\(hard.member)",
            term: hard.term.rawValue,
            committed: max(hard.commitHint, opened.found.snapshot?.last.index ?? .zero).rawValue,
            last: .init(index: last.index.rawValue, term: last.term.rawValue), voters: [], learners: [], survivors: [],
            lost: [], amnesia: opened.amnesia?.message)
        for record in membership.members {
            let id = record.member.id
            if membership.isVoter(id) {
                report.voters.append(id.rawValue)
            } else {
                report.learners.append(id.rawValue)
            }
            if !survivors.contains(where: { $0.id == id }) { report.lost.append(id.rawValue) }
        }
        for survivor in survivors where survivor.id != configuration.id {
            report.survivors.append(try compare(survivor, report, module))
        }
        return report
    }

    /// Reads another survivor's directory, without changing a byte of it.
    private static func compare(
        _ survivor: Survivor, _ report: RecoveryReport, _ module: StorageModule
    ) throws -> RecoveryReport.Survivor {
        guard let directory = survivor.directory else {
            return .init(id: survivor.id.rawValue, isNewer: false, isDamaged: false)
        }
        let inspection = try module.inspection(of: directory)
        guard let group = inspection.groups.first(where: { $0.group == GroupID.first.rawValue }),
            inspection.node == survivor.id.rawValue
        else {
            throw RecoveryRefused(.usage, "\(directory) is not the data directory of node \(survivor.id)")
        }
        if let cluster = group.hardState?.cluster, cluster != report.cluster {
            throw RecoveryRefused(.usage, "\(directory) belongs to cluster \(cluster), not to \(report.cluster)")
        }
        let (theirs, ours) = (group.last, report.last)
        // As logs are compared in elections (§5.4.1), and by what is known to be committed.
        let isNewer =
            theirs.term > ours.term || (theirs.term == ours.term && theirs.index > ours.index)
            || (group.hardState?.commitHint ?? 0) > ours.index
        return .init(
            id: survivor.id.rawValue, directory: directory, last: theirs, isNewer: isNewer,
            isDamaged: !inspection.isIntact)
    }
}
