import FoundationEssentials
import RaftClient
import RaftCore
import RaftMembership

/// What `raftd restore` did: a backup has become the first state of a new cluster. The names of the fields are those of the
/// JSON output.
public struct RestoreReport: Encodable, Hashable, Sendable {
    public typealias Position = InspectionReport.Position

    public var directory: String
    /// Bytes of the file.
    public var bytes: UInt64
    /// The position of the backup.
    public var index: UInt64
    public var term: UInt64
    /// CRC-32C of the state, hexadecimal.
    public var checksum: String
    /// Whose state it was.
    public var backupCluster: String
    public var newCluster: String
    public var newMember: String
    /// The position of the new cluster's first configuration.
    public var begins: Position

    /// One object, its keys sorted.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    /// For people.
    public var text: String {
        let lines = [
            "backup        \(bytes) bytes, through entry \(index)@\(term), checksum \(checksum), of cluster \(backupCluster)",
            "directory     \(directory)",
            "new cluster   \(newCluster)",
            "new node      \(newMember), the only voter, from entry \(begins.index)@\(begins.term) on",
            "next          start this node, then others on empty directories, and add each with raftctl member add "
                + "ID=ADDRESS",
        ]
        return lines.map(\.onOneLine).joined(separator: "\n") + "\n"
    }
}

/// A backup as the first state of a new cluster (rule Q1). What `raftd restore` does.
public enum BackupRestoration {
    /// Fills the empty data directory that the configuration names.
    /// - Parameters:
    ///   - backup: the path of a backup file; it is verified first.
    ///   - address: where others will reach this node; nil for where it listens.
    /// - Throws: `RecoveryRefused`, `StorageError`, `RegistryError`, `ConfigurationProblem`. Nothing is changed then, unless
    ///   the message says so.
    public static func carryOut(
        configuration: NodeConfiguration, registry: ModuleRegistry, backup: String, address: String? = nil,
        accepting risks: Set<RecoveryRisk> = []
    ) throws -> RestoreReport {
        if let address { try QuorumRecovery.check(address) }
        guard let directory = configuration.dataDirectory, configuration.storageModule != "memory" else {
            throw RecoveryRefused(.usage, "storage \(configuration.storageModule) keeps nothing to restore into")
        }
        let file = try BackupFileReader(backup)
        try file.verify()
        let header = file.header
        guard header.machine.isEmpty || header.machine == configuration.machineModule else {
            throw RecoveryRefused(
                .refused,
                "\(backup) is of machine \(header.machine), and the configuration has \(configuration.machineModule)")
        }
        let context = ModuleContext(configuration: configuration)
        let machine = try registry.machine(configuration.machineModule).make(context)
        let storage = Node.marked(
            try registry.storage(configuration.storageModule).make(context), configuration)
        let opened = try ClusterRecovery(of: storage, node: configuration.id, cluster: configuration.cluster)
        defer { opened.close() }
        if let amnesia = opened.amnesia, !risks.contains(.amnesia) {
            throw StorageError(
                .amnesiac, "\(amnesia.message); if that life is given up, repeat this with --accept amnesia")
        }
        let addresses = address.map { [$0] } ?? configuration.listen
        let snapshot = try opened.restore(header.snapshot, from: file, into: machine, as: .random(addresses))
        let digits = String(header.snapshot.checksum, radix: 16)
        return RestoreReport(
            directory: directory, bytes: file.fileBytes, index: header.snapshot.last.index.rawValue,
            term: header.snapshot.last.term.rawValue,
            checksum: String(repeating: "0", count: 8 - digits.count) + digits,
            backupCluster: "\(header.snapshot.cluster)", newCluster: "\(snapshot.cluster)",
            newMember: "\(snapshot.configuration.membership.members[0].member)",
            begins: .init(index: snapshot.last.index.rawValue, term: snapshot.last.term.rawValue))
    }
}
