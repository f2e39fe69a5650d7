import Glibc
public import RaftCore

/// Writes a backup file: under another name, synced, and only then under its own. A file that is there is left alone
/// unless it is to be replaced, and then it is there until the new one is whole.
///
/// Used by one task at a time. Blocks as long as the disk does.
public final class BackupFileWriter {
    public let path: String
    private let replaces: Bool
    private let temporary: String
    private var file: BackupFile?
    private var header: BackupHeader?
    private var headerBytes = 0
    /// Of the body, written and not written yet.
    private var written: UInt64 = 0
    private var chunk: [UInt8] = []
    private var bodyChecksum: UInt32 = 0
    private var fileChecksum: UInt32 = 0

    /// - Throws: `StorageError`: `misuse` when there is a file and `replaces` does not say that it may go; `io`, `full`.
    public init(to path: String, replacing replaces: Bool = false) throws(StorageError) {
        self.path = path
        self.replaces = replaces
        temporary = "\(path).\(getpid()).partial"
        if !replaces, access(path, F_OK) == 0 { throw Self.exists(path) }
        file = try BackupFile(opening: temporary, O_WRONLY | O_CREAT | O_TRUNC)
    }

    deinit { discard() }

    private static func exists(_ path: String) -> StorageError {
        StorageError(.misuse, "\(path) is there already and was left as it is")
    }

    /// Whether anything was written to it.
    package var hasBegun: Bool { header != nil }

    /// Comes first.
    /// - Throws: `StorageError` code `damaged` for a snapshot without a state, as a witness has it.
    public func begin(_ header: BackupHeader) throws(StorageError) {
        guard !header.snapshot.isWithoutBody else {
            throw StorageError(.damaged, "snapshot \(header.snapshot.id) of node \(header.node) has no state")
        }
        let bytes = header.encoded()
        self.header = header
        headerBytes = bytes.count
        try put(bytes)
    }

    /// The next bytes of the body, in pieces of any size.
    public func append(_ bytes: [UInt8]) throws(StorageError) {
        guard let header else { throw StorageError(.misuse, "\(path) was not begun") }
        guard written + UInt64(chunk.count + bytes.count) <= header.snapshot.size else {
            throw StorageError(.damaged, "more came than the \(header.snapshot.size) bytes that were announced")
        }
        bodyChecksum = BackupFile.checksum(bodyChecksum, bytes)
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = rest.prefix(header.chunkBytes - chunk.count)
            chunk += part
            rest = rest.dropFirst(part.count)
            if chunk.count == header.chunkBytes { try flush() }
        }
    }

    private func flush() throws(StorageError) {
        var head = ByteWriter(capacity: BackupHeader.chunkHeadBytes)
        head.write(UInt32(chunk.count))
        head.write(BackupFile.checksum(chunk))
        try put(head.bytes)
        try put(chunk)
        written += UInt64(chunk.count)
        chunk.removeAll(keepingCapacity: true)
    }

    private func put(_ bytes: [UInt8]) throws(StorageError) {
        guard let file else { throw StorageError(.misuse, "\(path) was finished or given up before") }
        fileChecksum = BackupFile.checksum(fileChecksum, bytes)
        try file.append(bytes)
    }

    /// The body is whole: the file has its name, durably, when this returns.
    /// - Returns: bytes of the file.
    /// - Throws: `StorageError`: `damaged` when the body is not what the header says; the file is not there then.
    @discardableResult
    public func finish() throws(StorageError) -> UInt64 {
        guard let header else { throw StorageError(.misuse, "\(path) was not begun") }
        if !chunk.isEmpty { try flush() }
        guard written == header.snapshot.size, bodyChecksum == header.snapshot.checksum else {
            throw StorageError(
                .damaged,
                "what came is not snapshot \(header.snapshot.id): \(written) bytes, and a checksum that does not match")
        }
        try put(BackupHeader.endMagic)
        var end = ByteWriter(capacity: 4)
        end.write(fileChecksum)
        try put(end.bytes)
        try file?.synchronize()
        try takeName()
        file = nil
        try BackupFile(opening: Self.directory(of: path), O_RDONLY | O_DIRECTORY).synchronize()
        return header.fileBytes(headerBytes: headerBytes)
    }

    private func takeName() throws(StorageError) {
        if !replaces {
            // Fails where a file has appeared meanwhile; a rename would not.
            if link(temporary, path) == 0 {
                unlink(temporary)
                return
            }
            if errno == EEXIST { throw Self.exists(path) }
        }
        guard rename(temporary, path) == 0 else { throw StorageError(system: errno, "rename", temporary) }
    }

    /// Takes away what is not finished. Idempotent.
    public func discard() {
        guard file != nil else { return }
        file = nil
        unlink(temporary)
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
