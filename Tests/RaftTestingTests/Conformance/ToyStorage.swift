import Glibc
import RaftCore
import RaftMembership
import RaftMemory
import Synchronization

/// A storage in two files, right in every promise and slow: what broken ones are made from.
///
/// `log` holds commits as bytes; `commits` holds for each of them a sector of 512 bytes, which a disk writes whole or not
/// at all: a number, where in `log` the commit is, and the checksums of both. A commit writes and syncs `log`, then
/// `commits`. At start the state is replayed into memory; a sector that is not there, or ends with zeros, for its write was
/// cut short, is the end. Bodies of snapshots are files of their own. The first failure is final: nothing is taken or given any more.
final class ToyStorage: LogStorage {
    private struct Files {
        var log: ToyFile
        var commits: ToyFile
        var lock: ToyFile
    }

    private struct State {
        var files: Files?
        var commits = 0
        var logSize = 0
    }

    private let directory: String
    private let fault: ToyFault?
    /// Bytes that commits with entries leave free in either file; zero for none.
    private let reserve: Int
    private let memory = MemoryStorage()
    private let bodies: ToySnapshots
    private let state: Mutex<State>
    private let failure = Mutex<StorageError?>(nil)
    /// What broken ones found at start and kept to themselves.
    private let damage = Mutex<StorageError?>(nil)
    private let isCommitting = Atomic(false)
    private static let leaked = Mutex<[ToyFile]>([])

    init(in directory: String, fault: ToyFault? = nil, reserve: Int = 0) throws {
        self.directory = directory
        self.reserve = reserve
        self.fault = fault
        bodies = ToySnapshots(in: directory, fault: fault)
        let lock = try ToyFile(directory + "/lock")
        guard fault == .notLocked || lock.lock() else { throw StorageError(.locked, "\(directory) is in use") }
        if fault == .createdInTwoSteps { try Self.createInTwoSteps(directory + "/format") }
        let files = Files(
            log: try ToyFile(directory + "/log"), commits: try ToyFile(directory + "/commits"), lock: lock)
        if fault != .namesNotSynced { try ToyFile(directory, O_RDONLY | O_DIRECTORY).sync() }
        // What a process that was killed wrote, and did not see synced, counts from here on.
        for file in [files.log, files.commits] where fault != .pageCacheTrusted {
            try fault == .failedSyncTrusted ? file.sync() : file.settle()
        }
        state = Mutex(State(files: files))
        try replay(files)
        try bodies.settle()
        try fault.replayHardState(in: directory, into: memory)
    }

    /// A file that must be whole, made in place.
    private static func createInTwoSteps(_ path: String) throws {
        if access(path, F_OK) == 0 {
            guard try ToyFile(path).readAll() == Array("format 1".utf8) else {
                throw StorageError(.damaged, "\(path) is not whole")
            }
            return
        }
        let file = try ToyFile(path)
        try file.write(Array("format".utf8), at: 0)
        try file.write(Array(" 1".utf8), at: 6)
        try file.sync()
    }

    private func replay(_ files: Files) throws {
        let checks = fault != .recordsUnchecked
        let sectors = files.commits.readAll()
        let log = files.log.readAll()
        try state.withLock { state in
            while (state.commits + 1) * ToyRecord.sector <= sectors.count {
                let start = state.commits * ToyRecord.sector
                let bytes = Array(sectors[start..<start + ToyRecord.sector])
                if bytes.suffix(8).allSatisfy({ $0 == 0 }) { break }
                let damaged = StorageError(.damaged, "\(directory): commit \(state.commits) is damaged")
                guard let record = ToyRecord(bytes, checks: checks), record.number == state.commits else {
                    throw damaged
                }
                do {
                    if let body = record.body(in: log, checks: checks) {
                        try remember(ToyCodec.decode(body, checks: checks))
                    } else {
                        guard fault == .damageToldWhenRead || fault == .firstGroupServedAnyway,
                            let body = record.body(in: log, checks: false)
                        else { throw damaged }
                        damage.withLock { $0 = damaged }
                        try remember(ToyCodec.decode(body, checks: false))
                    }
                } catch let error as StorageError where error.code == .misuse {
                    // What follows damage need not fit.
                    throw damaged
                }
                state.commits += 1
                state.logSize = record.offset + record.length
            }
        }
    }

    /// Memory keeps everything but snapshots.
    private func remember(_ batches: [StorageBatch]) throws {
        try memory.commit(batches.map(\.withoutSnapshot))
        bodies.take(batches)
    }

    var snapshots: (any SnapshotStore)? { bodies }

    func recover(_ group: GroupID) throws -> RecoveredGroup {
        try checkThatReadsAreAllowed()
        if fault == .firstGroupServedAnyway, group != .first, let damage = damage.withLock({ $0 }) { throw damage }
        var recovered = try memory.recover(fault.group(group))
        recovered.snapshot = bodies.snapshot(of: fault.group(group))
        return try fault.recovered(recovered)
    }

    private func checkThatReadsAreAllowed() throws {
        if fault != .memoryAheadAfterFailure, let failure = failure.withLock({ $0 }) { throw failure }
    }

    func commit(_ batches: [StorageBatch]) throws {
        if fault != .failureNotFinal, let failure = failure.withLock({ $0 }) { throw failure }
        isCommitting.store(true, ordering: .sequentiallyConsistent)
        defer { isCommitting.store(false, ordering: .sequentiallyConsistent) }
        // The toy that is broken on purpose only: a reader looks all the while during many commits, and is to come by in one
        // of them. It says what it says however long this takes.
        if fault == .missingDuringCommit { usleep(500) }
        let batches = try fault.taken(batches)
        var refusal: StorageError?
        do {
            refusal = try state.withLock { try makeRoom(for: batches, $0) }
            if refusal == nil { try take(batches) }
        } catch let error as StorageError where error.code == .full || error.code == .io {
            if fault == .failureSwallowed { return }
            // Once it met that in the middle of a write it does not go on: then it is no longer only full.
            failure.withLock { $0 = StorageError(.io, error.message) }
            throw fault == .fullToldAsBroken ? StorageError(.io, error.message) : error
        }
        // Nothing was written yet: no failure.
        if let refusal { throw refusal }
    }

    /// Decides whether there is room, before anything is written.
    /// - Returns: why the batches are refused.
    private func makeRoom(for batches: [StorageBatch], _ state: State) throws -> StorageError? {
        guard reserve > 0, let files = state.files else { return nil }
        let bringsEntries = batches.contains { !$0.entries.isEmpty }
        let isVital = batches.contains { batch in
            (0..<batch.entries.count).contains { batch.entries.kind(at: $0) != .command }
        }
        let more = bringsEntries ? isVital ? reserve / 2 : reserve : 0
        do {
            try files.log.extend(to: state.logSize + ToyCodec.encode(batches).count + more)
            try files.commits.extend(to: (state.commits + 1) * ToyRecord.sector + more)
        } catch let error as StorageError where error.code == .full {
            return bringsEntries && fault != .reserveUsedUp ? error : nil
        }
        return nil
    }

    func hasRoom(forEntries bytes: Int) throws -> Bool {
        guard reserve > 0 else { return true }
        return try state.withLock { state in
            do {
                try state.files?.log.extend(to: state.logSize + 2 * bytes + reserve)
                return true
            } catch let error as StorageError where error.code == .full {
                return false
            }
        }
    }

    private func take(_ batches: [StorageBatch]) throws {
        try bodies.check(batches) { try memory.recover($0).terms.base.index }
        if fault == .bodyRemovedTooEarly { bodies.removeSuperseded(by: batches) }
        try state.withLock { state in
            // Memory refuses what is wrong, and as a whole; then it is written.
            let known = batches.map(\.withoutSnapshot)
            switch fault {
            case .refusedInPart:
                for batch in batches {
                    try memory.commit([batch.withoutSnapshot])
                    try write([batch], &state)
                }
            case .batchesApart:
                try memory.commit(known)
                for batch in batches { try write([batch], &state) }
            case .snapshotApart:
                try memory.commit(known)
                try write(known, &state)
                for batch in batches {
                    guard let snapshot = batch.snapshot else { continue }
                    try write([StorageBatch(group: batch.group, snapshot: snapshot)], &state)
                }
            case .gapsAccepted where (try? memory.commit(known)) == nil: break
            case .gapsAccepted: try write(batches, &state)
            default:
                try memory.commit(known)
                try write(batches, &state)
            }
        }
        bodies.removeSuperseded(by: batches)
        bodies.take(batches)
    }

    private func write(_ batches: [StorageBatch], _ state: inout State) throws {
        guard let files = state.files else { throw StorageError(.misuse, "the storage was closed") }
        let batches = try fault.written(batches, number: state.commits, in: directory)
        let body = ToyCodec.encode(batches)
        let sector = ToyRecord(number: state.commits, offset: state.logSize, body: body).encoded
        let place = state.commits * ToyRecord.sector
        func writeLog() throws { try files.log.write(body, at: state.logSize) }
        func writeRecord() throws { try files.commits.write(sector, at: place) }
        switch fault {
        case .neverSynced:
            try writeLog()
            try writeRecord()
        case .syncedTooEarly:
            try files.log.sync()
            try writeLog()
            try writeRecord()
            try files.commits.sync()
        case .recordNotSynced:
            try writeLog()
            try files.log.sync()
            try writeRecord()
        case .recordBeforeBody:
            try writeRecord()
            try files.commits.sync()
            try writeLog()
            try files.log.sync()
        case .recordInTwoWrites:
            try writeLog()
            try files.log.sync()
            try files.commits.write(Array(sector.prefix(40)), at: place)
            try files.commits.write(Array(sector.dropFirst(40)), at: place + 40)
            try files.commits.sync()
        default:
            try writeLog()
            try files.log.sync()
            try writeRecord()
            try files.commits.sync()
        }
        state.commits += 1
        state.logSize += body.count
    }

    func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        if fault == .missingDuringCommit, isCommitting.load(ordering: .sequentiallyConsistent) {
            throw StorageError(.missing, "the index is being written")
        }
        try checkThatReadsAreAllowed()
        if fault == .damageToldWhenRead, let damage = damage.withLock({ $0 }) { throw damage }
        let group = fault.group(group)
        func read(_ upper: LogIndex, _ limit: Int) throws -> EntryBatch {
            try memory.entries(of: group, in: range.lowerBound..<upper, maxBytes: limit)
        }
        switch fault {
        case .pastTheUpperBound: return try read(range.upperBound + 1, maxBytes)
        case .emptyInsteadOfMissing: return (try? read(range.upperBound, maxBytes)) ?? .empty
        case .moreThanMaxBytes: return try read(range.upperBound, min(maxBytes, 1 << 40) + 200)
        case .nothingWhenFirstIsLarge:
            let found = try read(range.upperBound, maxBytes)
            return found.byteCount > maxBytes ? .empty : found
        default: return try read(range.upperBound, maxBytes)
        }
    }

    func close() {
        state.withLock { state in
            if fault == .fileLeftOpen, let file = state.files?.log { Self.leaked.withLock { $0.append(file) } }
            state.files = nil
        }
    }
}

extension StorageBatch {
    fileprivate var withoutSnapshot: StorageBatch {
        var batch = self
        batch.snapshot = nil
        return batch
    }
}
