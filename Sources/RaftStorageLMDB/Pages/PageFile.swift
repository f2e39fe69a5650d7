import Glibc
import RaftCore

/// An environment's file read the plain way, page by page.
///
/// LMDB maps the file into memory: a page that is not there, or that the device cannot read, is a signal that ends the
/// process. Read like this it is an error that can be told. So everything is looked at here before LMDB opens it.
struct PageFile: ~Copyable {
    let file: Descriptor
    /// The newer of the two meta pages: what LMDB will use.
    let meta: MetaPage

    /// - Throws: `StorageError`, code `damaged` when the file is no environment, or is shorter than it says.
    init(opening path: String) throws {
        let file = try Descriptor(opening: path, O_RDONLY)
        let meta = try Self.newerMeta(of: file)
        self.meta = meta
        self.file = file
    }

    private static func newerMeta(of file: borrowing Descriptor) throws -> MetaPage {
        let size = try file.size()
        var metas: [MetaPage] = []
        // The second meta page starts behind the first, whose size is known once the first is read.
        var offset: UInt64 = 0
        for _ in 0..<2 {
            var bytes = [UInt8](repeating: 0, count: MetaPage.size)
            _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset) }
            guard let meta = bytes.withUnsafeBytes({ MetaPage($0) }) else {
                throw StorageError(
                    .damaged,
                    "\(file.path) is damaged: the start of its page \(metas.count) is not that of an environment")
            }
            metas.append(meta)
            offset = UInt64(meta.pageSize)
        }
        let newer = metas[0].transaction >= metas[1].transaction ? metas[0] : metas[1]
        // They are written in turn: one is a single transaction ahead, and which one its number tells.
        guard metas[0].pageSize == metas[1].pageSize,
            metas[0].transaction.isMultiple(of: 2), newer.transaction % 2 == (newer == metas[0] ? 0 : 1),
            newer.transaction == 0 || newer.transaction - 1 == min(metas[0].transaction, metas[1].transaction)
        else {
            throw StorageError(.damaged, "\(file.path) is damaged: its two meta pages disagree")
        }
        let expected = (newer.lastPage + 1) * UInt64(newer.pageSize)
        guard size >= expected else {
            throw StorageError(
                .damaged, "\(file.path) is damaged: it was cut to \(size) bytes and should have at least \(expected)")
        }
        return newer
    }

    /// Bytes of the file that are in use.
    var usedBytes: UInt64 { (meta.lastPage + 1) * UInt64(meta.pageSize) }

    /// Fills `buffer` with the pages from `page` on.
    func read(_ page: UInt64, into buffer: UnsafeMutableRawBufferPointer) throws(StorageError) {
        let count = try file.read(into: buffer, at: page * UInt64(meta.pageSize))
        guard count == buffer.count else {
            throw StorageError(.damaged, "\(file.path) is damaged: it ends before page \(page)")
        }
    }

    /// Writes both meta pages anew, as they are read, and syncs them.
    ///
    /// When the process before was killed, or failed, between writing a meta page and syncing it, what the page cache
    /// shows is not what is on disk. Trusting it could lose what is acknowledged from here on (rule D1); overwriting
    /// pages that the meta page on disk still means would ruin the file. After this, disk and page cache agree, and
    /// everything they mean was synced before they were first written.
    func settleMetaPages() throws {
        let target = try Descriptor(opening: file.path, O_RDWR | O_DSYNC)
        for page in 0..<UInt64(2) {
            var bytes = [UInt8](repeating: 0, count: meta.pageSize)
            try bytes.withUnsafeMutableBytes { try read(page, into: $0) }
            try bytes.withUnsafeBytes { try target.write($0, at: page * UInt64(meta.pageSize)) }
        }
    }

    /// Copies all pages in use to a new file at `path` and syncs it.
    /// - Parameter progressed: called after each piece.
    func copy(to path: String, progressed: () -> Void) throws {
        let target = try Descriptor(opening: path, O_RDWR | O_CREAT | O_TRUNC)
        var buffer = [UInt8](repeating: 0, count: 1 << 20)
        var offset: UInt64 = 0
        while offset < usedBytes {
            let count = Int(min(usedBytes - offset, UInt64(buffer.count)))
            try buffer.withUnsafeMutableBytes { raw in
                let piece = UnsafeMutableRawBufferPointer(rebasing: raw[..<count])
                try read(offset / UInt64(meta.pageSize), into: piece)
                try target.write(UnsafeRawBufferPointer(piece), at: offset)
            }
            offset += UInt64(count)
            progressed()
        }
        try target.synchronize()
        // So that who verifies the copy reads the device and not memory, as far as the system goes along.
        _ = posix_fadvise(target.number, 0, 0, POSIX_FADV_DONTNEED)
    }
}
