import RaftCore
import RaftMembership
import RaftMemory
import RaftTesting
import Synchronization

/// A storage that keeps a journal: a record for each commit, at the end of one file. The article shows it.
final class Journal: LogStorage {
    private let files: SimulatedFiles
    private let memory = MemoryStorage()
    private let end: Mutex<Int>

    init(on files: SimulatedFiles) throws {
        self.files = files
        let bytes = files.read("journal")
        var end = 0
        // The first record that is not whole, or has another checksum, was cut off by the end of a process.
        while let record = JournalRecord(in: bytes, at: end) {
            try memory.commit(record.batches)
            end += record.bytes.count
        }
        try files.truncate("journal", to: end)
        self.end = Mutex(end)
    }

    func commit(_ batches: [StorageBatch]) throws {
        try end.withLock { end in
            let record = JournalRecord(batches)
            try files.write(record.bytes, to: "journal", at: end)
            try files.sync("journal")
            try memory.commit(batches)
            end += record.bytes.count
        }
    }

    func recover(_ group: GroupID) throws -> RecoveredGroup { try memory.recover(group) }

    func entries(of group: GroupID, in range: Range<LogIndex>, maxBytes: Int) throws -> EntryBatch {
        try memory.entries(of: group, in: range, maxBytes: maxBytes)
    }

    func close() {}
}
