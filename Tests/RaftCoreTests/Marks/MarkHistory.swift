import RaftMembership
import RaftMemory
import Synchronization

@testable import RaftCore

/// What a data directory and a mark held after each durable step of one node's life: a commit to the one, or a write of
/// the other. A crash may come after any of them.
final class MarkHistory: Sendable {
    struct Image: Sendable {
        /// How many of the batches are durable.
        var batches: Int
        var mark: [UInt8]?
    }

    private struct State {
        var batches: [StorageBatch] = []
        var images = [Image(batches: 0, mark: nil)]
        /// Dies before the so-many-th step from now on.
        var stepsLeft: Int?
        var markFailure: StorageError?
        var failsNextSync = false
    }

    private let state = Mutex(State())

    var images: [Image] { state.withLock { $0.images } }
    var last: Image { state.withLock { $0.images[$0.images.count - 1] } }
    func die(after steps: Int?) { state.withLock { $0.stepsLeft = steps } }
    /// The next commit reaches the disk, and is told to have failed.
    func failNextSync() { state.withLock { $0.failsNextSync = true } }
    func failMarks(_ error: StorageError?) { state.withLock { $0.markFailure = error } }

    /// The data as of an image.
    func data(_ image: Image) throws -> MemoryStorage {
        let storage = MemoryStorage()
        for batch in state.withLock({ Array($0.batches[..<image.batches]) }) { try storage.commit([batch]) }
        return storage
    }

    fileprivate func commit(_ batches: [StorageBatch]) throws {
        try state.withLock { state in
            try Self.step(&state)
            state.batches += batches
            var image = state.images[state.images.count - 1]
            image.batches = state.batches.count
            state.images.append(image)
            guard state.failsNextSync else { return }
            state.failsNextSync = false
            throw StorageError(.io, "the sync failed")
        }
    }

    fileprivate func write(_ mark: NodeMark) throws {
        try state.withLock { state in
            if let error = state.markFailure { throw error }
            try Self.step(&state)
            var image = state.images[state.images.count - 1]
            image.mark = mark.encoded()
            state.images.append(image)
        }
    }

    private static func step(_ state: inout State) throws {
        guard let left = state.stepsLeft else { return }
        guard left > 0 else { throw StorageError(.io, "the process died") }
        state.stepsLeft = left - 1
    }

    /// A storage with a mark, as a process finds them after a crash now.
    func open(commitsInstantly: Bool = false) throws -> MarkedStorage {
        let last = last
        return try Self.open(data(last), mark: last.mark, in: self, commitsInstantly: commitsInstantly)
    }

    /// The same with data and mark of whatever moments.
    static func open(
        _ data: MemoryStorage, mark: [UInt8]?, in history: MarkHistory? = nil, commitsInstantly: Bool = false
    ) throws -> MarkedStorage {
        let store = Store(history: history, bytes: mark)
        return MarkedStorage(
            Disk(data: data, history: history, commitsInstantly: commitsInstantly), mark: store, node: 1)
    }

    private final class Disk: LogStorage {
        let data: MemoryStorage
        let history: MarkHistory?
        let commitsInstantly: Bool
        init(data: MemoryStorage, history: MarkHistory?, commitsInstantly: Bool) {
            self.data = data
            self.history = history
            self.commitsInstantly = commitsInstantly
        }
        func recover(_ group: GroupID) throws -> RecoveredGroup { try data.recover(group) }
        func commit(_ batches: [StorageBatch]) throws {
            try history?.commit(batches)
            try data.commit(batches)
        }
        func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
            try data.entries(of: group, in: range, maxBytes: maxBytes)
        }
        func close() {}
    }

    private final class Store: MarkStore {
        let history: MarkHistory?
        let memory = MemoryMarkStore()
        init(history: MarkHistory?, bytes: [UInt8]?) {
            self.history = history
            memory.stored = bytes
        }
        var location: String { "the mark" }
        func read() throws -> NodeMark? { try memory.read() }
        func write(_ mark: NodeMark) throws {
            try history?.write(mark)
            try memory.write(mark)
        }
    }
}
