import Glibc
import RaftCore
import RaftMembership
import Synchronization

/// One committer and some readers of the same storage.
final class ReadingBesideCommits: Sendable {
    /// What readers may count on.
    private struct Progress {
        /// Everything up to here was committed.
        var committed: LogIndex = 0
        /// Everything up to here may be purged by now.
        var purging: LogIndex = 0
        var isOver = false
        var reads = 0
        var failure: ConformanceFailure?
    }

    private let storage: any LogStorage
    private let seed: UInt64
    private let all = StorageSamples.commands(1, 1200, size: 120)
    private let progress = Mutex(Progress())

    init(storage: any LogStorage, seed: UInt64) {
        self.storage = storage
        self.seed = seed
    }

    private func failure(_ message: String) -> ConformanceFailure {
        ConformanceFailure(.concurrentReaders, message, seed: seed)
    }

    /// Commits on the calling thread, reads on two of its own: those of the concurrency pool may all be busy.
    func run() throws {
        let readers = (0..<2).map { reader in CheckThread { self.read(as: reader) } }
        defer {
            progress.withLock { $0.isOver = true }
            for reader in readers { reader.join() }
        }
        try commitAll()
        progress.withLock { $0.isOver = true }
        for reader in readers { reader.join() }
        if let failure = progress.withLock({ $0.failure }) { throw failure }
    }

    private func commitAll() throws {
        for first in stride(from: 1, through: 1181, by: 20) {
            let entries = all.slice(from: LogIndex(UInt64(first)), maxCount: 20)
            do {
                try storage.commit([StorageBatch(group: .first, entries: entries)])
                progress.withLock { $0.committed = entries.lastIndex }
                if first % 100 == 1, first > 200 {
                    let index = LogIndex(UInt64(first - 150))
                    progress.withLock { $0.purging = index }
                    try storage.commit([StorageBatch(group: .first, purgeThrough: LogID(term: 1, index: index))])
                }
            } catch {
                throw failure("a commit beside readers threw: \(error)")
            }
            // Until somebody has read what was committed: a storage that commits at once would be done before.
            let reads = progress.withLock { $0.reads }
            while progress.withLock({ $0.reads == reads && $0.failure == nil }) { sched_yield() }
        }
    }

    private func read(as reader: Int) {
        var random = SeededRandom(seed: seed &+ UInt64(reader))
        while true {
            let now = progress.withLock { $0 }
            if now.isOver || now.failure != nil { return }
            guard now.committed > now.purging else {
                sched_yield()
                continue
            }
            let index = LogIndex(random.next(in: now.purging.next.rawValue...now.committed.rawValue))
            let problem = objection(to: index)
            progress.withLock { progress in
                progress.reads += 1
                if let problem { progress.failure = failure(problem) }
            }
        }
    }

    /// What is wrong with what the storage says of the entry at `index`.
    private func objection(to index: LogIndex) -> String? {
        do {
            let found = try storage.entries(of: .first, in: index..<1201, maxBytes: 2000)
            guard !found.isEmpty, found.firstIndex == index, found == all.slice(from: index, maxCount: found.count)
            else { return "entries from \(index) on have other bytes than were committed" }
            return nil
        } catch let error as StorageError where error.code == .missing {
            if index <= progress.withLock({ $0.purging }) { return nil }
            return "entry \(index), committed before, was missing during a commit: \(error)"
        } catch {
            return "reading entry \(index) during a commit threw: \(error)"
        }
    }
}
