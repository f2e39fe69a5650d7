import CRaftChecksum
import RaftMembership

/// The bytes of a snapshot: magic `RSNP` (4 bytes), version (4, 1), length of the framework's own record (4) and the
/// record, which is that of client sessions; then what the machine wrote. Little-endian.
package enum SnapshotBody {
    private static let magic: UInt32 = 0x504E_5352

    /// Writes a body and makes it durable.
    /// - Returns: `snapshot` with its size and checksum.
    package static func write(
        _ view: any SnapshotView, record: [UInt8] = [], as snapshot: Snapshot, to writer: any SnapshotWriter,
        isCancelled: () -> Bool
    ) throws -> Snapshot {
        var snapshot = snapshot
        try withoutActuallyEscaping(isCancelled) { isCancelled in
            let sink = SnapshotSink { piece in
                guard !isCancelled() else { throw StorageError(.io, "the node is shutting down") }
                snapshot.checksum = checksum(snapshot.checksum, piece)
                snapshot.size += UInt64(piece.count)
                try writer.append(piece)
            }
            try sink.write(magic)
            try sink.write(UInt32(1))
            guard let length = UInt32(exactly: record.count) else {
                throw StorageError(.misuse, "the record of client sessions is too large: \(record.count) bytes")
            }
            try sink.write(length)
            try sink.write(record)
            try view.write(to: sink)
            try sink.flush()
        }
        try writer.finish(as: snapshot)
        return snapshot
    }

    /// Has `take` read the machine's part of a body, and compares the checksum of all of it.
    package static func read(
        _ snapshot: Snapshot, from reader: any SnapshotReader, isCancelled: () -> Bool,
        _ take: (SnapshotSource) throws -> Void
    ) throws {
        try readState(snapshot, from: reader, isCancelled: isCancelled) { try take($1) }
    }

    /// The same, with the framework's own record.
    package static func readState(
        _ snapshot: Snapshot, from reader: any SnapshotReader, isCancelled: () -> Bool,
        _ take: ([UInt8], SnapshotSource) throws -> Void
    ) throws {
        var offset: UInt64 = 0
        var found: UInt32 = 0
        try withoutActuallyEscaping(isCancelled) { isCancelled in
            let source = SnapshotSource(count: snapshot.size) { count in
                guard !isCancelled() else { throw StorageError(.io, "the node is shutting down") }
                let bytes = try reader.read(at: offset, count: count)
                offset += UInt64(bytes.count)
                found = bytes.withUnsafeBytes { checksum(found, $0) }
                return bytes
            }
            guard try source.read(UInt32.self) == magic else {
                throw StorageError(.damaged, "snapshot \(snapshot.id) is damaged: it does not begin as one")
            }
            let version = try source.read(UInt32.self)
            guard version == 1 else {
                throw StorageError(.tooNew, "snapshot \(snapshot.id) is of version \(version): upgrade this node")
            }
            let record = try source.read(Int(try source.read(UInt32.self)))
            do {
                try take(record, source)
            } catch {
                throw StorageError(.damaged, "snapshot \(snapshot.id) cannot be read by the machine: \(error)")
            }
            guard source.remaining == 0 else {
                throw StorageError(.damaged, "snapshot \(snapshot.id): the machine left \(source.remaining) bytes")
            }
        }
        guard found == snapshot.checksum else { throw snapshot.damaged }
    }

    package static func checksum(_ seed: UInt32, _ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = bytes.baseAddress else { return seed }
        return raft_crc32c(seed, base, bytes.count)
    }
}
