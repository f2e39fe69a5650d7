import Glibc
import RaftCore

/// The files of one node's storage.
///
/// | name | what it is |
/// |---|---|
/// | `raft.mdb` | the LMDB environment, see `Schema` and `MetaPage` |
/// | `raft.mdb-lock` | LMDB's table of readers; worthless while no process has the environment open |
/// | `LOCK` | held, with `F_OFD_SETLK`, by the process that uses the directory; its process id as text |
/// | `DIRTY` | there when a write or a sync failed: the environment must be copied before it is trusted (rule D2) |
/// | `snapshot-…` | bodies of snapshots, see `SnapshotFile` |
/// | `raft.mdb.new`, `raft.mdb.repair` | half-made environments, removed at start |
/// | `raft.mdb.probe` | there for a moment, when a write failed: whether there is room; removed at start |
///
/// Every file is created with mode 0600, the directory with 0700.
struct DataDirectory: Sendable {
    let path: String

    var environment: String { path + "/raft.mdb" }
    var fresh: String { path + "/raft.mdb.new" }
    var repair: String { path + "/raft.mdb.repair" }
    var probe: String { path + "/raft.mdb.probe" }
    var dirtyFlag: String { path + "/DIRTY" }

    init(_ path: String) {
        var path = path
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        self.path = path.isEmpty ? "." : path
    }

    /// Creates the directory and what is missing above it, durably.
    func create() throws(StorageError) {
        var missing: [String] = []
        var current = path
        while access(current, F_OK) != 0 {
            guard errno == ENOENT else { throw StorageError(system: errno, "look at", current) }
            missing.append(current)
            current = Self.parent(of: current)
        }
        for component in missing.reversed() {
            guard mkdir(component, component == path ? 0o700 : 0o755) == 0 || errno == EEXIST else {
                throw StorageError(system: errno, "create", component)
            }
            try Self.synchronize(directory: component)
            try Self.synchronize(directory: Self.parent(of: component))
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw StorageError(system: errno, "look at", path) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw StorageError(.io, "cannot use \(path) as a data directory: it is not a directory")
        }
        // Who made it may have been killed before its name was durable. That of a mount point is in no file system of ours.
        let above = Self.parent(of: path)
        var parent = stat()
        if missing.isEmpty, stat(above, &parent) == 0, parent.st_dev == status.st_dev, access(above, R_OK) == 0 {
            try Self.synchronize(directory: above)
        }
    }

    func exists(_ file: String) throws(StorageError) -> Bool {
        if access(file, F_OK) == 0 { return true }
        guard errno == ENOENT else { throw StorageError(system: errno, "look at", file) }
        return false
    }

    func remove(_ file: String) throws(StorageError) {
        guard unlink(file) == 0 || errno == ENOENT else { throw StorageError(system: errno, "remove", file) }
    }

    func rename(_ file: String, to other: String) throws(StorageError) {
        guard Glibc.rename(file, other) == 0 else { throw StorageError(system: errno, "rename", file) }
    }

    /// What it holds, in no order.
    func names() throws(StorageError) -> [String] {
        guard let stream = opendir(path) else { throw StorageError(system: errno, "read", path) }
        defer { closedir(stream) }
        var names: [String] = []
        errno = 0
        while let item = readdir(stream) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            names.append(name)
            errno = 0
        }
        guard errno == 0 else { throw StorageError(system: errno, "read", path) }
        return names
    }

    /// Puts `file` in the place of the environment, durably. The file itself must be synced already.
    func install(_ file: String) throws(StorageError) {
        try rename(file, to: environment)
        try synchronize()
    }

    /// Whether the disk has no room, not even for a little, found out by writing it.
    func isFull() -> Bool {
        defer { try? remove(probe) }
        // Random, for a file system that compresses needs no room for zeros.
        let bytes = (0..<8192).map { _ in UInt64.random(in: 0...UInt64.max) }
        do {
            let file = try Descriptor(opening: probe, O_RDWR | O_CREAT | O_TRUNC)
            try bytes.withUnsafeBytes { try file.write($0, at: 0) }
            // Some find out only now.
            try file.synchronize()
            return false
        } catch {
            return (error as? StorageError)?.code == .full
        }
    }

    /// Makes names that were created, renamed or removed durable.
    func synchronize() throws(StorageError) { try Self.synchronize(directory: path) }

    /// Notes that the environment is not to be trusted as it is (rule D2). As durable as a failing disk lets it be.
    func markDirty() throws(StorageError) {
        let flag = try Descriptor(opening: dirtyFlag, O_RDWR | O_CREAT)
        try flag.synchronize()
        try synchronize()
    }

    private static func synchronize(directory: String) throws(StorageError) {
        try Descriptor(opening: directory, O_RDONLY | O_DIRECTORY).synchronize()
    }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
