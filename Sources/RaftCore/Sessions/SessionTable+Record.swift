import RaftMembership

// The framework's own record in a snapshot, and of a durable machine: version (4, 1) · limits: timeout (8), sessions (4),
// results (4), bytes of results (4) · the leaders' time (8) · number of sessions (4), then for each, from the one that was
// not used for longest to the last one used: index (8), number (8), last use (8), lowest serial without a result (8), number
// of results (4), then for each, in the order of serials: serial (8), index in the log (8), kind (1: 0 output, 1 refused, 2
// lost), length (4) and bytes. Empty as long as no session was ever opened.
extension SessionTable {
    package func encode() -> [UInt8] {
        if isInitial { return [] }
        var writer = ByteWriter(capacity: 64 + 64 * count)
        writer.write(UInt32(1))
        limits.encode(to: &writer)
        writer.write(time)
        writer.write(UInt32(clamping: count))
        forEach { index, session in
            writer.write(index.rawValue)
            writer.write(session.nonce)
            writer.write(session.lastUsed)
            writer.write(session.lowestUnanswered)
            writer.write(UInt32(clamping: session.results.count))
            for result in session.results { result.encode(to: &writer) }
        }
        return writer.bytes
    }

    /// - Throws: `StorageError` code `tooNew` for a later version, `damaged` for what is no record.
    package init(record bytes: [UInt8]) throws(StorageError) {
        self.init()
        if bytes.isEmpty { return }
        do {
            self = try bytes.withUnsafeBytes { try Self.decode($0) }
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.damaged, "the record of client sessions \(error)")
        }
    }

    private static func decode(_ bytes: UnsafeRawBufferPointer) throws -> SessionTable {
        var reader = ByteReader(bytes)
        let version: UInt32 = try reader.read()
        guard version == 1 else {
            throw StorageError(.tooNew, "the record of client sessions is of version \(version): upgrade this node")
        }
        let limits = try SessionLimits(from: &reader)
        var table = SessionTable(limits: limits, time: try reader.readBounded())
        let count: UInt32 = try reader.read()
        for _ in 0..<count {
            let start = reader.offset
            let index = LogIndex(try reader.readBounded())
            var session = Session(nonce: try reader.read(), lastUsed: try reader.readBounded())
            session.lowestUnanswered = try reader.readBounded()
            let results: UInt32 = try reader.read()
            for _ in 0..<results {
                let result = try SessionResult(from: &reader)
                guard result.serial >= session.lowestUnanswered, result.serial > session.results.last?.serial ?? 0
                else { throw WireError.outOfBounds(start) }
                session.resultBytes += result.size
                session.results.append(result)
            }
            guard session.lowestUnanswered > 0, table.restore(session, at: index) else {
                throw WireError.outOfBounds(start)
            }
        }
        try reader.finish()
        return table
    }
}

extension SessionResult {
    fileprivate func encode(to writer: inout ByteWriter) {
        writer.write(serial)
        writer.write(index.rawValue)
        switch outcome {
        case .output(let bytes):
            writer.write(UInt8(0))
            writer.writeBlock(bytes)
        case .refused(let text):
            writer.write(UInt8(1))
            writer.writeBlock(Array(text.utf8))
        case .lost(let text):
            writer.write(UInt8(2))
            writer.writeBlock(Array(text.utf8))
        }
    }

    fileprivate init(from reader: inout ByteReader) throws(WireError) {
        serial = try reader.readBounded()
        index = LogIndex(try reader.readBounded())
        let kind: UInt8 = try reader.read()
        let limit = reader.remaining
        let bytes = try reader.readBlock(limit: limit)
        switch kind {
        case 0: outcome = .output(bytes)
        case 1: outcome = .refused(String(decoding: bytes, as: UTF8.self))
        case 2: outcome = .lost(String(decoding: bytes, as: UTF8.self))
        default: throw .outOfBounds(reader.offset)
        }
    }
}
