import Glibc
public import RaftCore
import Synchronization

/// A backup file. Each chunk that is read is checked.
public final class BackupFileReader: SnapshotReader {
    public let header: BackupHeader
    public let path: String
    /// Bytes of the file.
    public let fileBytes: UInt64
    private let headerBytes: Int
    private let file: BackupFile
    /// The chunk that was read last.
    private let cached = Mutex<(number: UInt64, bytes: [UInt8])?>(nil)

    /// Reads the header, and checks that the file is as long as it says.
    /// - Throws: `StorageError`: `damaged`, saying where; `tooNew`; `io`.
    public init(_ path: String) throws(StorageError) {
        self.path = path
        file = try BackupFile(opening: path, O_RDONLY)
        fileBytes = try file.size()
        headerBytes = try BackupHeader.length(
            beginning: try file.read(at: 0, count: BackupHeader.fixedBytes), path)
        guard fileBytes >= UInt64(headerBytes) else { throw Self.isCut(path, fileBytes, UInt64(headerBytes)) }
        header = try BackupHeader(decoding: try file.read(at: 0, count: headerBytes), path)
        let expected = header.fileBytes(headerBytes: headerBytes)
        guard fileBytes >= expected else { throw Self.isCut(path, fileBytes, expected) }
        guard fileBytes == expected else {
            throw StorageError(.damaged, "\(path) is damaged: \(fileBytes - expected) bytes follow its end")
        }
    }

    private static func isCut(_ path: String, _ found: UInt64, _ expected: UInt64) -> StorageError {
        StorageError(.damaged, "\(path) is cut short: it ends at byte \(found) instead of byte \(expected)")
    }

    public func read(at offset: UInt64, count: Int) throws -> [UInt8] {
        let end = offset + UInt64(max(0, count))
        var position = offset
        var bytes: [UInt8] = []
        while position < min(end, header.snapshot.size) {
            let size = UInt64(header.chunkBytes)
            let chunk = try self.chunk(position / size)
            let first = Int(position % size)
            let part = chunk[first..<min(chunk.count, first + Int(end - position))]
            bytes += part
            position += UInt64(part.count)
        }
        return bytes
    }

    /// The chunk of this number, counted from 0, verified.
    private func chunk(_ number: UInt64) throws -> [UInt8] {
        try cached.withLock { cached in
            if let cached, cached.number == number { return cached.bytes }
            let bytes = try file.read(at: place(of: number), count: BackupHeader.chunkHeadBytes + length(of: number))
            let chunk = Array(bytes.dropFirst(BackupHeader.chunkHeadBytes))
            try check(bytes, chunk, number)
            cached = (number, chunk)
            return chunk
        }
    }

    private func place(of number: UInt64) -> UInt64 {
        UInt64(headerBytes) + number * UInt64(header.chunkBytes + BackupHeader.chunkHeadBytes)
    }

    private func length(of number: UInt64) -> Int {
        Int(min(UInt64(header.chunkBytes), header.snapshot.size - number * UInt64(header.chunkBytes)))
    }

    private func check(_ bytes: [UInt8], _ chunk: [UInt8], _ number: UInt64) throws(StorageError) {
        var expected = ByteWriter(capacity: BackupHeader.chunkHeadBytes)
        expected.write(UInt32(length(of: number)))
        expected.write(BackupFile.checksum(chunk))
        guard chunk.count == length(of: number), bytes.starts(with: expected.bytes) else {
            let first = place(of: number)
            throw StorageError(
                .damaged,
                "\(path) is damaged in chunk \(number + 1) of \(header.chunkCount), between bytes \(first) and "
                    + "\(first + UInt64(BackupHeader.chunkHeadBytes + length(of: number)) - 1)")
        }
    }

    /// Reads the whole file and compares every checksum.
    /// - Throws: `StorageError` code `damaged`, saying where.
    public func verify() throws(StorageError) {
        var whole = BackupFile.checksum(try file.read(at: 0, count: headerBytes))
        var body: UInt32 = 0
        for number in 0..<header.chunkCount {
            let bytes = try file.read(at: place(of: number), count: BackupHeader.chunkHeadBytes + length(of: number))
            let chunk = Array(bytes.dropFirst(BackupHeader.chunkHeadBytes))
            try check(bytes, chunk, number)
            whole = BackupFile.checksum(whole, bytes)
            body = BackupFile.checksum(body, chunk)
        }
        let place = fileBytes - UInt64(BackupHeader.endBytes)
        let end = try file.read(at: place, count: BackupHeader.endBytes)
        var expected = ByteWriter(capacity: BackupHeader.endBytes)
        expected.write(BackupHeader.endMagic)
        expected.write(BackupFile.checksum(whole, BackupHeader.endMagic))
        guard end == expected.bytes else {
            throw StorageError(.damaged, "\(path) is damaged at its end, from byte \(place) on")
        }
        guard body == header.snapshot.checksum else {
            throw StorageError(.damaged, "\(path) is damaged: the checksum of its body does not match its chunks")
        }
    }
}
