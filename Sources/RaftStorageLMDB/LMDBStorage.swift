import CLMDB
import Glibc
public import RaftCore
import RaftMembership
public import RaftTracing
import Synchronization

/// Log and hard state of a node's groups in an LMDB environment of its own, and bodies of snapshots in files beside it.
///
/// Every commit is one LMDB transaction with LMDB's full durability: pages written and synced, then the meta page
/// written and synced (rules D1, L7). One directory belongs to one node; see `DataDirectory` for its files and `Schema`
/// for what is in the environment.
///
/// What may go wrong:
/// - No room, on the device or in the map: `full`. Nothing of the commit stays, and a later one may succeed.
/// - Anything else that a commit meets: final (rule D2). The environment is closed, a flag is left beside it, and every
///   later call throws the same error. At the next start the environment is copied, the copy verified and synced, and
///   only then used.
/// - Bytes that are not what was written: `damaged`, found when the directory is opened, at `recover`, or by `entries`.
///
/// `commit` blocks as long as the disk does. Reads do not wait for commits, except for the rare moment when the map
/// grows. All calls from any thread, `commit` from one at a time.
public final class LMDBStorage: LogStorage {
    private struct State {
        /// Nil once closed or failed. Whoever uses it holds it, so that it is not closed under a reader.
        var environment: LMDBEnvironment?
        var groups: [GroupID: GroupState]
        /// What every call throws after a failure.
        var failure: StorageError?
        var lock: DirectoryLock?
    }

    let directory: DataDirectory
    let options: LMDBOptions
    let tracer: Tracer
    let bodies: SnapshotFiles
    private let progressed: @Sendable () -> Void
    private let state: Mutex<State>
    /// Used by `commit` alone.
    let disk: Mutex<DiskReserve>

    /// Opens the data directory, creating it when it is not there. Blocks: reads every page that is in use.
    /// - Parameters:
    ///   - directory: where the files are; its last part is created with mode 0700.
    ///   - context: who owns it.
    /// - Throws: `StorageError`: `locked`, `foreign`, `damaged`, `tooNew`, `full` or `io`.
    public init(
        directory path: String, context: StorageContext, tracer: Tracer = .silent, options: LMDBOptions = LMDBOptions()
    ) throws {
        let directory = DataDirectory(path)
        self.directory = directory
        self.options = options
        self.tracer = tracer
        progressed = context.progressed
        try directory.create()
        let lock =
            options.broken.breaks(.openWithoutLock) ? nil : try DirectoryLock(directory: directory.path, for: .serve)
        let identity = Identity(node: context.node, clusterName: context.clusterName)
        let opening = Opening(
            directory: directory, identity: identity, options: options, tracer: tracer, progressed: context.progressed)
        let environment = try opening.open()
        let groups = try directory.translating { try opening.groups(in: environment) }
        bodies = SnapshotFiles(in: directory, broken: options.broken)
        try bodies.settle(on: groups.compactMapValues(\.snapshot))
        let size = try Descriptor(opening: directory.environment, O_RDONLY).size()
        disk = Mutex(
            DiskReserve(
                descriptor: environment.descriptor, fileSize: Int(size), usedBytes: environment.usedBytes))
        state = Mutex(State(environment: environment, groups: groups, lock: lock))
        tracer.info(
            .storageOpened, "opened \(directory.path), \(environment.usedBytes) bytes in use",
            [.path(directory.path), .count(groups.count)])
        try clean(through: environment)
    }

    public func recover(_ group: GroupID) throws -> RecoveredGroup {
        let (environment, _) = try usable()
        var recovered = try directory.translating {
            try environment.read { transaction in
                try GroupReader(transaction, path: environment.path, broken: options.broken)
                    .recover(group, progressed: progressed)
            }
        }
        // Whoever reads of damage wants to know where.
        recovered.fault = recovered.fault.map { "\(environment.path): \($0)" }
        tracer.info(
            .storageRecovered, "log of group \(group) reaches from \(recovered.terms.base) to \(recovered.terms.last)",
            [.group(group.rawValue), .index(recovered.terms.last.index.rawValue), .path(directory.path)])
        return recovered
    }

    public var snapshots: (any SnapshotStore)? { bodies }

    public func close() {
        bodies.close()
        // Taken out under the mutex, closed outside it.
        let (environment, lock) = state.withLock { state in
            defer {
                state.environment = nil
                state.lock = nil
            }
            return (state.environment, state.lock)
        }
        _ = consume environment
        _ = consume lock
    }

    /// The environment, and the groups as the last commit left them.
    func usable() throws(StorageError) -> (LMDBEnvironment, [GroupID: GroupState]) {
        try state.withLock { state throws(StorageError) in
            if let failure = state.failure { throw failure }
            guard let environment = state.environment else {
                throw StorageError(.misuse, "the storage in \(directory.path) was closed")
            }
            return (environment, state.groups)
        }
    }

    /// After a commit.
    func take(_ groups: [GroupID: GroupState]) { state.withLock { $0.groups = groups } }

    /// Ends the use of the environment (rule D2). The directory stays locked until `close`.
    /// - Returns: what every call throws from now on.
    func fail(with error: StorageError) -> StorageError {
        if options.broken.breaks(.writeAfterFailedCommit) { return error }
        let failure = StorageError(
            error.code,
            """
            \(error.message); nothing more is written: see to the disk and restart the node, which then verifies all \
            that is there
            """)
        let environment = state.withLock { state in
            state.failure = failure
            defer { state.environment = nil }
            return state.environment
        }
        _ = consume environment
        var note = ""
        do {
            try directory.markDirty()
        } catch {
            // The flag spares nobody a check: it only asks for a stricter one than every start makes anyway.
            note = "; \(error.message)"
        }
        tracer.critical(
            .storageFailed, "\(failure.message)\(note)", [.path(directory.path), .reason(error.message)])
        return failure
    }
}

extension DataDirectory {
    /// Runs `body` and turns LMDB's errors into the storage's.
    func translating<Result>(_ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let error as LMDBError {
            throw error.storageError(environment)
        }
    }
}
