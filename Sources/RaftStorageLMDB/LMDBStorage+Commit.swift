import CLMDB
import Glibc
public import RaftCore
import RaftMembership
import RaftTracing
import Synchronization

extension LMDBStorage {
    public func commit(_ batches: [StorageBatch]) throws {
        guard !batches.isEmpty else { return }
        let (environment, _) = try usable()
        try bodies.checkThatBodiesAreFinished(for: batches)
        if options.broken.breaks(.forgetSnapshotBody) { bodies.removeSuperseded(by: batches) }
        try makeRoom(for: batches, in: environment)
        for part in transactions(of: batches) {
            try transact(through: environment) { writer in
                for batch in part { try writer.apply(batch) }
                try writer.clean(atMost: options.purgeStep)
            }
        }
        bodies.removeSuperseded(by: batches)
    }

    /// Always one (rule L7), unless that is broken on purpose.
    private func transactions(of batches: [StorageBatch]) -> [[StorageBatch]] {
        if options.broken.breaks(.splitCommit) { return batches.map { [$0] } }
        if options.broken.breaks(.splitBatch) { return batches.flatMap(\.parts).map { [$0] } }
        return [batches]
    }

    /// Removes what purges left behind, in steps. What cannot be removed now is removed later: no error.
    func clean(through environment: LMDBEnvironment) throws {
        while try usable().1.values.contains(where: \.awaitsCleaning) {
            do {
                try transact(through: environment) { writer in try writer.clean(atMost: 16 * options.purgeStep) }
            } catch let error as StorageError where error.code == .full {
                return
            }
        }
    }

    /// One transaction of `body`, in a larger map when this one is full.
    private func transact(through environment: LMDBEnvironment, _ body: (inout GroupWriter) throws -> Void) throws {
        let (_, groups) = try usable()
        while true {
            do {
                let after = try environment.write(veto: { options.faults?(.commit) }) { transaction in
                    var writer = try GroupWriter(
                        transaction, groups: groups, maximumGroups: options.maximumGroups, path: directory.path)
                    try body(&writer)
                    return writer.groups
                }
                return take(after)
            } catch let error as LMDBError where error.result == .mapFull {
                let size = environment.mapSize
                guard size < options.maximumMapSize else { throw mapIsFull(environment) }
                try grow(environment, to: 2 * size)
            } catch let error as LMDBError where foundNoRoom(error) {
                // Pages that found no room belong to nothing that counts. A meta page that found none is another
                // matter: LMDB gives up then, and so does this.
                let failure = StorageError(.full, error.storageError(environment.path).message)
                if environment.isBroken {
                    // Told as full once; whoever goes on all the same is told that there is nothing to go on with.
                    let last = fail(with: StorageError(.io, failure.message))
                    throw StorageError(.full, last.message)
                }
                throw failure
            } catch let error as StorageError where error.code == .misuse || error.code == .damaged {
                // Nothing was written. Damage is for the next start: a leader makes it good (rule D3).
                throw error
            } catch {
                if options.broken.breaks(.ignoreFailedCommit) { return }
                throw fail(
                    with: (error as? LMDBError)?.storageError(environment.path) ?? (error as? StorageError)
                        ?? StorageError(.io, "writing to \(environment.path) failed: \(error)"))
            }
        }
    }

    /// Whether it was the disk's room that ended. Where that happens in the middle of a write, as on a file system that
    /// cannot allocate ahead, LMDB says the same as of a broken device; then the disk is asked.
    private func foundNoRoom(_ error: LMDBError) -> Bool {
        error.result == .noSpace || error.result == .quotaExceeded
            || error.result == .deviceError && directory.isFull()
    }

    public func hasRoom(forEntries bytes: Int) throws -> Bool {
        let (environment, _) = try usable()
        // An entry may need a page of which it fills a quarter, and a fourth of its size besides.
        // And so much more that a disk on the edge, where each commit frees a few pages, is not full every other moment.
        let need = 64 * environment.pageSize + 6 * bytes + reserve / 4
        do {
            try makeRoom(for: need, leaving: reserve, in: environment)
            return true
        } catch let error as StorageError where error.code == .full {
            return false
        }
    }

    private var reserve: Int { min(options.reserve, options.maximumMapSize / 4) }

    /// Sees to it that map and disk have room for `batches`, and, when they bring entries, for the reserve besides; of
    /// which entries may use half with a no-op or a configuration among them (rule D4). Decides before anything is written.
    private func makeRoom(for batches: [StorageBatch], in environment: LMDBEnvironment) throws {
        let page = environment.pageSize
        var need = 64 * page
        func count(_ entries: EntryBatch) {
            guard !entries.isEmpty else { return }
            let bytes = entries.byteCount + 24 * entries.count
            // Entries that do not fit on a shared page have pages of their own, the last one partly empty.
            let large = entries.byteCount / max(1, page / 4)
            need += bytes + bytes / 4 + min(entries.count, large) * page
        }
        for batch in batches {
            count(batch.repairs)
            count(batch.entries)
        }
        // Repairs take no more than the entries had that they replace: the reserve is theirs as it is a hard state's.
        let bringsEntries = batches.contains { !$0.entries.isEmpty }
        try makeRoom(for: need, leaving: bringsEntries ? share(for: batches) : nil, in: environment)
    }

    /// What entries must leave of the reserve.
    private func share(for batches: [StorageBatch]) -> Int {
        let isVital = batches.contains { batch in
            (0..<batch.entries.count).contains {
                batch.entries.kind(at: $0) == .noOp || batch.entries.kind(at: $0) == .configuration
            }
        }
        return isVital ? reserve / 2 : reserve
    }

    /// - Parameter left: what must be left for it to be taken; nil when it is taken in any case.
    private func makeRoom(
        for need: Int, leaving left: @autoclosure () -> Int?, in environment: LMDBEnvironment
    ) throws {
        let used = environment.usedBytes
        let target = used + need + reserve
        var limit = options.maximumMapSize
        let refusal = disk.withLock { disk in
            disk.extend(
                to: min(target, limit), step: min(reserve / 4, limit - min(target, limit)),
                fault: options.faults?(.allocate))
        }
        var noMap: StorageError?
        if target > environment.mapSize, environment.mapSize < limit {
            do {
                try grow(environment, to: max(2 * environment.mapSize, target))
            } catch let error as StorageError where error.code == .full {
                noMap = error
                limit = environment.mapSize
            }
        }
        guard refusal != 0 || target > limit, let left = left() else { return }
        if options.broken.breaks(.ignoreFullDisk) { return }
        // No more at the end; perhaps there is enough in between.
        let allocated = min(disk.withLock { $0.allocated }, limit)
        let free = try directory.translating { try environment.freeBytes() }
        guard max(0, allocated - used) + free >= need + left else {
            guard refusal == 0 else { throw StorageError(system: refusal, "make room in", environment.path) }
            throw noMap ?? mapIsFull(environment)
        }
    }

    /// - Throws: `full` when the process may not have so much address space; the map is what it was then.
    private func grow(_ environment: LMDBEnvironment, to size: Int) throws {
        let size = min(size, options.maximumMapSize)
        if let refusal = options.faults?(.map) ?? LMDBEnvironment.refusal(ofAddressSpace: size) {
            throw StorageError(
                .full,
                """
                \(environment.path) needs \(size) bytes of address space, and the system refuses them: \
                \(String(cString: strerror(refusal))) (error \(refusal)); raise the limit of the process (RLIMIT_AS)
                """)
        }
        try directory.translating { try environment.grow(to: size) }
        tracer.info(
            .mapGrown, "the map of \(environment.path) has \(size) bytes now",
            [.path(environment.path), .bytes(UInt64(size))])
    }

    private func mapIsFull(_ environment: LMDBEnvironment) -> StorageError {
        StorageError(
            .full,
            """
            \(environment.path) has no room left: \(environment.usedBytes) bytes are in use, it may have \
            \(options.maximumMapSize)
            """)
    }
}
