import RaftCore
import RaftMembership

/// What may be found on a disk: what was there, and what is there after each write under way, each of which is there as
/// a whole or not at all (rule L7).
struct WholeWrites {
    struct State: Equatable {
        var term = Term.zero
        var votedFor: Member?
        var commitHint = LogIndex.zero
        var last = LogIndex.zero
        var base = LogIndex.zero
        var snapshot = LogIndex.zero

        init(_ image: DiskImage) {
            last = image.last.index
            base = image.base.index
            snapshot = image.snapshot?.last.index ?? .zero
            if let hardState = image.hardState { take(hardState) }
        }

        mutating func take(_ hardState: HardState) {
            term = hardState.term
            votedFor = hardState.votedFor
            commitHint = hardState.commitHint
        }
    }

    /// Oldest first: the first is on disk.
    private var states: [State]
    /// The disk has refused something since the start, so that what is written is not what was ordered.
    private var hasRefused = false

    /// At a start, when nothing is under way.
    init(of image: DiskImage) { states = [State(image)] }

    /// A write is ordered.
    mutating func expect(_ batch: StorageBatch) {
        if !hasRefused { follow(batch) }
    }

    /// A write is made.
    mutating func writing(_ batch: StorageBatch) {
        if hasRefused { follow(batch) }
    }

    /// What was ordered is not written, or not so (rule D4).
    mutating func refused(_ image: DiskImage) {
        hasRefused = true
        states = [State(image)]
    }

    private mutating func follow(_ batch: StorageBatch) {
        guard var state = states.last else { return }
        if let index = batch.truncateAfter { state.last = min(state.last, index) }
        if !batch.entries.isEmpty { state.last = batch.entries.lastIndex }
        if let snapshot = batch.snapshot { state.snapshot = snapshot.last.index }
        if let base = batch.purgeThrough {
            state.base = max(state.base, base.index)
            state.last = max(state.last, base.index)
        }
        if let hardState = batch.hardState { state.take(hardState) }
        states.append(state)
    }

    /// Drops what is no longer under way.
    mutating func wrote(_ image: DiskImage) {
        let now = State(image)
        if let position = states.firstIndex(of: now) { states.removeFirst(position) }
    }

    func holds(_ image: DiskImage) -> Bool { states.contains(State(image)) }
}
