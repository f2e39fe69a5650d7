package import RaftMembership
package import RaftTracing
import Synchronization

/// A storage with a mark beside it, which tells at the next start whether the data is what this node left (rule M10).
///
/// The mark follows the data in an order that makes both directions safe. Identity, start, term and vote are in it before
/// `commit` returns, so that nobody is told of a vote that the mark does not know. The last durable entry may be a second
/// old, and is lowered, durably, before a commit cuts the log: at no moment does the mark name what the data does not
/// have. Between those, a commit costs a comparison and a flag.
package final class MarkedStorage: LogStorage {
    private struct State {
        /// As it stands in the store.
        var mark: NodeMark?
        /// Of the data, durable.
        var hardState: HardState?
        var last = LogID.zero
        /// The mark is another life's, and stays: this one has no place in any configuration yet.
        var isSuspended = false
        /// What every call throws after a mark could not be written (rule D2).
        var failure: (any Error)?
        var isClosed = false
    }

    private let inner: any LogStorage
    private let store: any MarkStore
    private let node: NodeID
    private let group: GroupID
    private let isIgnored: Bool
    private let tracer: Tracer
    private let state = Mutex(State())
    private let stale = Atomic(false)

    /// - Parameters:
    ///   - group: the group whose term, vote and log the mark holds.
    ///   - isIgnored: writes marks and heeds none: `Mutation.ignoreMark`.
    package init(
        _ inner: any LogStorage, mark store: any MarkStore, node: NodeID, group: GroupID = .first,
        isIgnored: Bool = false, tracer: Tracer = .silent
    ) {
        self.inner = inner
        self.store = store
        self.node = node
        self.group = group
        self.isIgnored = isIgnored
        self.tracer = tracer
    }

    package var commitsInstantly: Bool { inner.commitsInstantly }
    package var snapshots: (any SnapshotStore)? { inner.snapshots }

    /// Whether entries became durable that the mark does not tell of yet. Any thread.
    package var isStale: Bool { stale.load(ordering: .relaxed) }

    /// Data that lacks what the mark tells of comes with an `Amnesia`, and the mark stays as it is until `adopt`.
    /// - Throws: also `StorageError` code `foreign` for a mark of another node.
    package func recover(_ group: GroupID) throws -> RecoveredGroup {
        var recovered = try inner.recover(group)
        guard group == self.group else { return recovered }
        let mark = try readMark()
        if let mark, !isIgnored, let error = mark.objection(to: recovered, of: node, location: store.location) {
            guard error.code == .amnesiac else { throw error }
            recovered.amnesia = Amnesia(mark: mark, error: error)
        }
        if mark == nil, let hardState = recovered.hardState {
            tracer.warning(
                .markMissing,
                "the data of incarnation \(hardState.member.incarnation) has no mark \(store.location): whether it is "
                    + "complete cannot be told; a new mark is made",
                [.path(store.location)])
        }
        state.withLock { state in
            state.mark = mark
            state.isSuspended =
                !isIgnored
                && mark.map { $0.member.incarnation < recovered.hardState?.member.incarnation ?? .unknown } ?? false
                || recovered.amnesia != nil
            state.hardState = recovered.hardState
            state.last = recovered.damage?.last ?? recovered.terms.last
        }
        return recovered
    }

    /// A damaged mark proves nothing, and the peers' memory remains: it counts as none.
    private func readMark() throws -> NodeMark? {
        do {
            return try store.read()
        } catch let error as StorageError where error.code == .damaged {
            tracer.warning(.markMissing, error.message, [.path(store.location), .reason(error.message)])
            return nil
        }
    }

    /// From now on the data is another life's than the mark, which stays as it is: whoever puts back what it tells of may go
    /// on with that.
    package func suspend() { state.withLock { $0.isSuspended = true } }

    /// A configuration has this life as a member: with the next commit the mark is its own.
    package func adopt() { state.withLock { $0.isSuspended = false } }

    package func commit(_ batches: [StorageBatch]) throws {
        try lower(beforeCutsIn: batches)
        try inner.commit(batches)
        try follow(batches)
    }

    package func hasRoom(forEntries bytes: Int) throws -> Bool { try inner.hasRoom(forEntries: bytes) }

    /// Takes out of the mark what a truncation is about to remove.
    private func lower(beforeCutsIn batches: [StorageBatch]) throws {
        var lowest: LogIndex?
        var isRepaired = false
        for batch in batches where batch.group == group {
            guard let cut = batch.truncateAfter else { continue }
            lowest = min(cut, lowest ?? cut)
            // What is there now need not be what is there then.
            isRepaired = isRepaired || !batch.repairs.isEmpty
        }
        try state.withLock { state in
            if let failure = state.failure { throw failure }
            guard let cut = lowest, !state.isSuspended, var mark = state.mark else { return }
            let isAhead = mark.last.index > cut
            guard isAhead || state.last.index > cut else { return }
            // Nor may a later refresh tell of it, when the commit fails and nobody knows what of it is on disk.
            state.last = isRepaired ? .zero : position(at: cut)
            guard isAhead else { return }
            mark.last = state.last
            try write(mark, &state)
        }
    }

    /// An entry that is durable now, or the position before all entries, which always fits.
    private func position(at index: LogIndex) -> LogID {
        guard index > .zero, let entry = try? inner.entries(of: group, in: index..<index.next, maxBytes: 1),
            !entry.isEmpty
        else { return .zero }
        return entry.id(at: 0)
    }

    private func follow(_ batches: [StorageBatch]) throws {
        try state.withLock { state in
            for batch in batches where batch.group == group {
                if !batch.entries.isEmpty {
                    state.last = batch.entries.id(at: batch.entries.count - 1)
                } else if batch.truncateAfter != nil, !batch.repairs.isEmpty {
                    state.last = batch.repairs.id(at: batch.repairs.count - 1)
                } else if let cut = batch.truncateAfter, cut < state.last.index {
                    state.last = position(at: cut)
                }
                if let base = batch.purgeThrough, base.index > state.last.index { state.last = base }
                if let hardState = batch.hardState { state.hardState = hardState }
            }
            guard let hardState = state.hardState, !state.isSuspended else { return }
            let mark = NodeMark(hardState, last: state.mark?.last ?? .zero)
            if mark != state.mark {
                try write(NodeMark(hardState, last: state.last), &state)
                stale.store(false, ordering: .relaxed)
            } else if mark.last != state.last {
                stale.store(true, ordering: .relaxed)
            }
        }
    }

    /// Brings the mark up to date, when it is not. Blocks for as long as the disk does.
    package func refresh() throws {
        guard stale.exchange(false, ordering: .relaxed) else { return }
        try state.withLock { state in
            if state.isClosed || state.isSuspended { return }
            if let failure = state.failure { throw failure }
            guard var mark = state.mark else { return }
            mark.last = state.last
            try write(mark, &state)
        }
    }

    private func write(_ mark: NodeMark, _ state: inout State) throws {
        do {
            try store.write(mark)
            state.mark = mark
        } catch {
            // Unlike entries that find no room, a mark that finds none is final.
            let full = (error as? StorageError).flatMap { $0.code == .full ? StorageError(.io, $0.message) : nil }
            state.failure = full ?? error
            throw full ?? error
        }
    }

    package func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        try inner.entries(of: group, in: range, maxBytes: maxBytes)
    }

    package func close() {
        // What the last second brought. A failure leaves an older mark, which fits as well.
        try? refresh()
        state.withLock { $0.isClosed = true }
        inner.close()
    }
}

/// Data that lacks what its node had: the node may have voted or acknowledged what it does not know of any more (rule M10).
package struct Amnesia: Hashable, Sendable {
    /// What it was.
    package var mark: NodeMark
    /// What is missing, and what that means.
    package var error: StorageError
}
