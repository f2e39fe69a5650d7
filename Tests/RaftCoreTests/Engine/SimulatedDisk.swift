import RaftCore
import RaftMembership

/// What is durable on one server. A batch is written whole or not at all, in the order given (rule L7).
struct SimulatedDisk {
    private(set) var hardState: HardState
    /// One batch for each entry, from index 1 on.
    private(set) var entries: [EntryBatch] = []

    init(hardState: HardState) { self.hardState = hardState }

    var lastIndex: LogIndex { LogIndex(UInt64(entries.count)) }

    func entry(at index: LogIndex) -> EntryBatch? {
        index > .zero && index <= lastIndex ? entries[Int(index.rawValue) - 1] : nil
    }

    func term(at index: LogIndex) -> Term? {
        index == .zero ? .zero : entry(at: index)?.term(at: 0)
    }

    mutating func write(_ batch: StorageBatch) throws {
        if let index = batch.truncateAfter { entries.removeLast(max(0, entries.count - Int(index.rawValue))) }
        if !batch.entries.isEmpty {
            guard batch.entries.firstIndex == lastIndex.next else {
                throw Violation("a write of entry \(batch.entries.firstIndex) leaves a gap after \(lastIndex)")
            }
            for position in 0..<batch.entries.count {
                entries.append(batch.entries.slice(from: batch.entries.firstIndex + position, maxCount: 1))
            }
        }
        if let hardState = batch.hardState { self.hardState = hardState }
    }

    /// A start, as storage and the public type do it: everything verified, and the start counted.
    mutating func recover() throws -> RecoveredGroup {
        hardState.startCounter += 1
        var recovery = LogRecovery()
        for entry in entries { try entry.withUnsafeBytes { try recovery.visit($0) } }
        return recovery.finish(hardState: hardState)
    }

    func read(from first: LogIndex, through last: LogIndex) -> EntryBatch {
        guard first > .zero, first <= last, first <= lastIndex else { return .empty }
        return EntryBatch.joining(Array(entries[Int(first.rawValue) - 1..<Int(min(last, lastIndex).rawValue)]))
    }
}

/// A property that did not hold.
struct Violation: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
