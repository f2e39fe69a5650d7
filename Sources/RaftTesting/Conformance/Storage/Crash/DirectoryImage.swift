import Glibc

/// Everything under a directory, held in memory.
struct DirectoryImage: Hashable, Sendable {
    /// Relative paths, sorted: a directory comes before what is in it.
    var directories: [String] = []
    var files: [String: [UInt8]] = [:]

    /// Hash and equality go by the bytes as a whole: files are large, and there are many images.
    func hash(into hasher: inout Hasher) {
        for name in files.keys.sorted() {
            hasher.combine(name)
            files[name]?.withUnsafeBytes { hasher.combine(bytes: $0) }
        }
    }

    static func == (lhs: DirectoryImage, rhs: DirectoryImage) -> Bool {
        lhs.directories == rhs.directories && lhs.files.count == rhs.files.count
            && lhs.firstDifference(from: rhs) == nil
    }

    /// The first file, by name, that differs or is in one of them only.
    func firstDifference(from other: DirectoryImage) -> String? {
        for name in Set(files.keys).union(other.files.keys).sorted() {
            guard let mine = files[name], let theirs = other.files[name], mine.count == theirs.count else {
                return name
            }
            let isEqual = mine.withUnsafeBytes { mine in
                theirs.withUnsafeBytes { theirs in
                    guard let one = mine.baseAddress, let two = theirs.baseAddress else { return true }
                    return memcmp(one, two, mine.count) == 0
                }
            }
            if !isEqual { return name }
        }
        return nil
    }

    /// Reads what is under `root`, without the files named in `skipping`.
    init(of root: String, skipping: [String] = []) throws(ScratchError) {
        try read(root, "", skipping)
    }

    private mutating func read(_ root: String, _ prefix: String, _ skipping: [String]) throws(ScratchError) {
        for name in ScratchDirectory.names(in: "\(root)/\(prefix)") {
            let path = prefix.isEmpty ? name : "\(prefix)/\(name)"
            if skipping.contains(path) { continue }
            if FileIdentity(of: "\(root)/\(path)")?.isDirectory == true {
                directories.append(path)
                try read(root, path, skipping)
            } else {
                files[path] = try Self.contents(of: "\(root)/\(path)")
            }
        }
        directories.sort()
    }

    init(directories: [String], files: [String: [UInt8]]) {
        self.directories = directories.sorted()
        self.files = files
    }

    /// Makes the directory `root`, which must not be there, with all this in it.
    func write(to root: String) throws(ScratchError) {
        for directory in [root] + directories.map({ "\(root)/\($0)" }) where mkdir(directory, 0o700) != 0 {
            throw ScratchError("\(directory) cannot be made: \(String(cString: strerror(errno)))")
        }
        for (name, bytes) in files { try Self.write(bytes, to: "\(root)/\(name)") }
    }

    private static func contents(of path: String) throws(ScratchError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ScratchError("\(path) cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
            while count < size, let base = buffer.baseAddress {
                let step = pread(descriptor, base + count, size - count, off_t(count))
                guard step > 0 else { break }
                count += step
            }
        }
    }

    private static func write(_ bytes: [UInt8], to path: String) throws(ScratchError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw ScratchError("\(path) cannot be made: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let isWhole = bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, let base = buffer.baseAddress {
                let step = pwrite(descriptor, base + done, buffer.count - done, off_t(done))
                guard step > 0 else { return false }
                done += step
            }
            return true
        }
        guard isWhole else { throw ScratchError("\(path) cannot be written: \(String(cString: strerror(errno)))") }
    }
}

/// What the system calls a file.
struct FileIdentity {
    let inode: UInt64
    let isDirectory: Bool

    init?(of path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        inode = UInt64(status.st_ino)
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
    }
}
