import RaftCore

/// Length, checksum, and the batches as the toy storage encodes them.
struct JournalRecord {
    var batches: [StorageBatch]
    var bytes: [UInt8]

    init(_ batches: [StorageBatch]) {
        self.batches = batches
        let body = ToyCodec.encode(batches)
        bytes = []
        bytes.appendNumber(UInt64(body.count))
        bytes.appendNumber(toyChecksum(body))
        bytes += body
    }

    /// Nil when there is no whole record at `place`.
    init?(in journal: [UInt8], at place: Int) {
        guard place + 16 <= journal.count, let length = Int(exactly: journal.number(at: place)), length > 0,
            length <= journal.count - place - 16
        else { return nil }
        let body = Array(journal[place + 16..<place + 16 + length])
        guard journal.number(at: place + 8) == toyChecksum(body), let batches = try? ToyCodec.decode(body, checks: true)
        else { return nil }
        self.batches = batches
        bytes = Array(journal[place..<place + 16 + length])
    }
}
