import Glibc
import RaftCore
public import RaftMembership

/// What a data directory holds, every page and every checksum verified, read without changing a byte of it.
///
/// For `raftd inspect` and for tools: works while no node runs on the directory. Damage is listed, not thrown; what can
/// still be read is there.
public struct LMDBInspection: Hashable, Sendable {
    /// Whose it is; nil when that cannot be read.
    public private(set) var node: NodeID?
    public private(set) var clusterName: String?
    /// The format of what is in the environment; see `Schema`.
    public var formatVersion: UInt32 { Schema.version }
    /// A write or a sync failed: the next start copies and verifies the environment first (rule D2).
    public private(set) var isDirty = false
    /// Length of the environment's file, what is allocated ahead included.
    public private(set) var fileBytes = 0
    /// Bytes up to the last page that was ever used, and how many of them are free again.
    public private(set) var usedBytes = 0
    public private(set) var freeBytes = 0
    /// How many transactions were committed.
    public private(set) var transactions: UInt64 = 0
    /// Every group that was ever written to, in order. Empty when the environment as a whole is damaged: opening it
    /// could end the process.
    public private(set) var groups: [LMDBGroupInspection] = []
    /// One line for each thing wrong with the environment as a whole.
    public private(set) var damage: [String] = []

    /// Whether all is as it was written.
    public var isIntact: Bool { damage.isEmpty && groups.allSatisfy(\.damage.isEmpty) }

    /// Reads the whole directory; takes as long as that takes. Any thread.
    /// - Throws: `StorageError`: `locked` when a node runs on it, `io` when it cannot be read or is none, `tooNew`.
    public init(directory path: String) throws {
        let directory = DataDirectory(path)
        guard try directory.exists(directory.environment) else {
            throw StorageError(.io, "\(directory.path) is no data directory: it has no file raft.mdb")
        }
        // One that was copied from elsewhere may have no lock file; then nobody holds it.
        let isShared = try directory.exists(directory.path + "/LOCK")
        let lock = isShared ? try DirectoryLock(directory: directory.path, for: .inspect) : nil
        defer { withExtendedLifetime(lock) {} }
        isDirty = try directory.exists(directory.dirtyFlag)
        fileBytes = Int(try Descriptor(opening: directory.environment, O_RDONLY).size())
        do {
            let file = try PageFile(opening: directory.environment)
            usedBytes = Int(file.usedBytes)
            transactions = file.meta.transaction
            (damage, freeBytes) = PageVerifier.verify(file)
        } catch let error as StorageError where error.code == .damaged {
            damage = [error.message]
        }
        guard damage.isEmpty else { return }
        try directory.translating { try read(directory) }
    }

    private mutating func read(_ directory: DataDirectory) throws {
        let environment = try LMDBEnvironment(
            path: directory.environment, access: .readOnly, mapSize: usedBytes, maximumTables: 4096)
        try environment.read { transaction in
            let reader = try GroupReader(transaction, path: environment.path)
            do {
                let identity = try reader.identity()
                node = identity.node
                clusterName = identity.clusterName
            } catch let error as StorageError where error.code == .damaged {
                damage.append(error.message)
            }
            let (found, unknown) = try reader.content()
            if unknown > 0 { damage.append("\(environment.path) holds \(unknown) records of no known kind") }
            for group in found { groups.append(try LMDBGroupInspection(group, reader, in: directory)) }
        }
    }
}
