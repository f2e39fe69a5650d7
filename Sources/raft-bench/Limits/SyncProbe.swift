import Glibc
import RaftThreads
import Synchronization

/// What making a batch durable costs when every node of the cluster does it at once on this disk.
struct SyncProbe: Sendable {
    let directory: String
    /// Each writes to a file of its own, at the same time.
    let writers: Int
    /// Of one batch.
    let bytes: Int

    /// How a batch reaches its file.
    enum Way: Sendable {
        /// The file grows, so that its size has to be made durable too.
        case append
        /// The file has its size already, as a log that recycles its files or pages has.
        case overwrite
        /// As a commit of a copy-on-write tree must: pages here and there in place, `fdatasync`, and only then the page
        /// that makes them count, through a descriptor of its own that writes synchronously.
        case pagedCommit
    }

    /// Pages of a small commit: the leaf, the branches above it, the root of roots, the list of free pages.
    private static let pagesOfACommit = 5
    private static let pageSize = 4096

    /// - Returns: seconds for one batch, the mean over all writers.
    func run(_ way: Way, seconds: Double) throws(BenchError) -> Double {
        let means = Mutex<[Double]>([])
        let failure = Mutex<String?>(nil)
        ProbeThreads.run(
            (0..<writers).map { writer in
                { [self] in
                    do {
                        let mean = try write(to: "\(directory)/probe-\(writer)", way, seconds: seconds)
                        means.withLock { $0.append(mean) }
                    } catch {
                        failure.withLock { $0 = "\(error)" }
                    }
                }
            })
        if let failure = failure.withLock({ $0 }) { throw BenchError(failure) }
        return means.withLock { $0.reduce(0, +) / Double(max(1, $0.count)) }
    }

    /// No probe makes its file larger than this.
    private static let fileLimit = 256 << 20

    private func write(to path: String, _ way: Way, seconds: Double) throws(BenchError) -> Double {
        let file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw Self.error("create", path) }
        defer {
            close(file)
            unlink(path)
        }
        if way == .pagedCommit { return try commitPages(to: file, path, seconds: seconds) }
        let block = [UInt8](repeating: 0x5A, count: bytes)
        let places = way == .append ? .max : max(1, min(64, Self.fileLimit / bytes))
        if way == .overwrite {
            for place in 0..<places { try Self.write(block, to: file, at: place * bytes, path) }
            guard fsync(file) == 0 else { throw Self.error("sync", path) }
        }
        let start = MonotonicClock.nanoseconds()
        let end = start + UInt64(seconds * 1e9)
        var batches = 0
        repeat {
            let place = way == .append ? batches % (Self.fileLimit / bytes) : batches % places
            if way == .append, batches > 0, place == 0 { ftruncate(file, 0) }
            try Self.write(block, to: file, at: place * bytes, path)
            guard fdatasync(file) == 0 else { throw Self.error("sync", path) }
            batches += 1
        } while MonotonicClock.nanoseconds() < end
        return Double(MonotonicClock.nanoseconds() - start) / 1e9 / Double(batches)
    }

    private func commitPages(to file: Int32, _ path: String, seconds: Double) throws(BenchError) -> Double {
        let synchronous = open(path, O_WRONLY | O_DSYNC | O_CLOEXEC)
        guard synchronous >= 0 else { throw Self.error("open", path) }
        defer { close(synchronous) }
        let page = [UInt8](repeating: 0x5A, count: Self.pageSize)
        let count = max(Self.pagesOfACommit, bytes / Self.pageSize + Self.pagesOfACommit - 1)
        let places = max(64, 4 * count)
        for place in 0..<places { try Self.write(page, to: file, at: place * Self.pageSize, path) }
        guard fsync(file) == 0 else { throw Self.error("sync", path) }
        let start = MonotonicClock.nanoseconds()
        let end = start + UInt64(seconds * 1e9)
        var commits = 0
        var next = 2
        repeat {
            for _ in 0..<count {
                // Every third place, so that pages do not lie side by side.
                next = next + 3 < places ? next + 3 : 2 + (next + 3) % 3
                try Self.write(page, to: file, at: next * Self.pageSize, path)
            }
            guard fdatasync(file) == 0 else { throw Self.error("sync", path) }
            try Self.write(Array(page.prefix(120)), to: synchronous, at: commits % 2 * Self.pageSize, path)
            commits += 1
        } while MonotonicClock.nanoseconds() < end
        return Double(MonotonicClock.nanoseconds() - start) / 1e9 / Double(commits)
    }

    private static func write(_ block: [UInt8], to file: Int32, at offset: Int, _ path: String) throws(BenchError) {
        let written = block.withUnsafeBytes { pwrite(file, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == block.count else { throw error("write to", path) }
    }

    private static func error(_ what: String, _ path: String) -> BenchError {
        BenchError("cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
