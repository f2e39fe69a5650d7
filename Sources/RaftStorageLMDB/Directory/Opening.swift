import Glibc
import RaftCore
import RaftTracing

/// The way from a directory to an environment that may be trusted.
struct Opening {
    let directory: DataDirectory
    let identity: Identity
    let options: LMDBOptions
    let tracer: Tracer
    let progressed: @Sendable () -> Void

    /// The directory must be locked.
    func open() throws -> LMDBEnvironment {
        try directory.remove(directory.fresh)
        try directory.remove(directory.repair)
        try directory.remove(directory.probe)
        if try !directory.exists(directory.environment) {
            try create()
            try directory.remove(directory.dirtyFlag)
        } else if !options.broken.breaks(.trustNames) {
            // The process before may have been killed between giving the environment its name and syncing that.
            do {
                try directory.synchronize()
            } catch {
                // A failed sync like any other (rule D2): the next start gives the name to a copy.
                try? directory.markDirty()
                throw error
            }
        }
        let dirty = try directory.exists(directory.dirtyFlag) && !options.broken.breaks(.ignoreDirtyFlag)
        // A dirty one is not written to: it is copied, and the copy is looked at.
        let used =
            dirty ? try repair() : try inspect(directory.environment, settling: !options.broken.breaks(.trustPageCache))
        return try openEnvironment(directory.environment, .readWrite, used: used)
    }

    /// Checks whose the environment is, reads what it says of its groups, and opens the tables of its groups.
    func groups(in environment: LMDBEnvironment) throws -> [GroupID: GroupState] {
        // A transaction that writes, though it writes nothing: the handles of tables outlive only a commit.
        try environment.write { transaction in
            let reader = try GroupReader(transaction, path: environment.path)
            let owner = try reader.identity()
            guard owner == identity else {
                throw StorageError(
                    .foreign,
                    """
                    data directory \(directory.path) belongs to node \(owner.node) of cluster \
                    "\(owner.clusterName)", this is node \(identity.node) of cluster "\(identity.clusterName)": \
                    correct the node's id or the cluster's name, or give the node a directory of its own
                    """)
            }
            var groups: [GroupID: GroupState] = [:]
            for group in try reader.groups() { groups[group] = try reader.state(of: group) }
            return groups
        }
    }

    /// Made whole under another name first: a file called `raft.mdb` is never a half-made one.
    private func create() throws {
        try directory.translating {
            let environment = try openEnvironment(directory.fresh, .exclusive, used: 0)
            try environment.write { transaction in
                try transaction.put(identity.encoded(), as: Schema.identity, in: transaction.openMain())
            }
        }
        try Descriptor(opening: directory.fresh, O_RDWR).synchronize()
        try directory.install(directory.fresh)
    }

    /// Looks at every page, the plain way, before LMDB maps them.
    /// - Parameter settling: see `PageFile.settleMetaPages`.
    /// - Returns: the bytes in use.
    private func inspect(_ path: String, settling: Bool) throws -> Int {
        let file = try PageFile(opening: path)
        if settling {
            do {
                try file.settleMetaPages()
            } catch {
                // A failed sync like any other (rule D2); should the flag fail too, the next start settles again.
                try? directory.markDirty()
                throw error
            }
        }
        let used = Int(file.usedBytes)
        let (damage, _) = PageVerifier.verify(file, progressed: progressed)
        guard let first = damage.first else { return used }
        let more = damage.count > 1 ? " (and \(damage.count - 1) more)" : ""
        throw StorageError(
            .damaged,
            """
            \(path) is damaged: \(first)\(more); look at it with `raftd inspect \(directory.path)`, then move the \
            directory away and start the node again: its cluster takes it in
            """)
    }

    /// Rule D2: a write or a sync failed here, so what the page cache shows proves nothing. Copies the environment to a
    /// fresh file, verifies every page and every checksum of the copy, syncs it, and puts it in the place of the old.
    private func repair() throws -> Int {
        do {
            return try copyAndInstall()
        } catch {
            // It would take the room that the next start needs.
            try? directory.remove(directory.repair)
            throw error
        }
    }

    private func copyAndInstall() throws -> Int {
        let flag = "a write to \(directory.path) failed before"
        try PageFile(opening: directory.environment).copy(to: directory.repair, progressed: progressed)
        let used = try inspect(directory.repair, settling: false)
        try directory.translating {
            let copy = try openEnvironment(directory.repair, .readOnly, used: used)
            try copy.read { transaction in
                let reader = try GroupReader(transaction, path: copy.path)
                _ = try reader.identity()
                for group in try reader.groups() {
                    let found = try reader.recover(group, progressed: progressed)
                    // What is in doubt only because of what it follows can be read, and is no damage of the copy.
                    guard let fault = found.fault, found.damage?.isReadable != true else { continue }
                    throw StorageError(.damaged, "\(flag), and of the copy, group \(group), \(fault)")
                }
            }
        }
        if let error = options.faults?(.repair) { throw StorageError(system: error, "sync", directory.repair) }
        try directory.install(directory.repair)
        try directory.remove(directory.dirtyFlag)
        try directory.synchronize()
        tracer.notice(
            .storageRepaired, "\(flag): copied the environment, every checksum of the copy is right",
            [.path(directory.path)])
        return used
    }

    private func openEnvironment(
        _ path: String, _ access: LMDBEnvironment.Access, used: Int
    ) throws -> LMDBEnvironment {
        do {
            // Room to write in beside the reserve, so that the first commit need not grow the map at once.
            let wanted = max(options.initialMapSize, used + used / 4 + (1 << 20) + options.reserve)
            return try LMDBEnvironment(
                path: path, access: access, mapSize: max(used, min(wanted, options.maximumMapSize)),
                maximumTables: options.maximumGroups, broken: options.broken)
        } catch {
            throw error.storageError(path)
        }
    }
}
