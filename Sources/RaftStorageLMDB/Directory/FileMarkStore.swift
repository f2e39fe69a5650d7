import Glibc
public import RaftCore

/// A mark in a file of its own, beside the data directory and not in it, so that what takes the directory away leaves the
/// mark (rule M10). The bytes are those of `NodeMark`; the file has mode 0600.
///
/// A new mark is written to a file beside it, synced, and renamed over the old one, and then the directory is synced:
/// after a crash the old mark or the new one is there. The directory must exist: one made by the way might hide that the
/// disk which has the mark is not there.
public final class FileMarkStore: MarkStore {
    public let location: String
    private var fresh: String { location + ".new" }
    private let directory: String

    /// - Parameter path: of the file.
    public init(at path: String) {
        location = path
        directory = DataDirectory.parent(of: path)
    }

    /// The mark of the node whose data is in `directory`: `DIRECTORY.mark`.
    public convenience init(beside directory: String) {
        self.init(at: Self.path(beside: directory))
    }

    static func path(beside directory: String) -> String {
        var path = DataDirectory(directory).path
        let name = path.split(separator: "/").last
        // A name that is none would put the mark into the directory.
        if name == "." || name == ".." || name == nil, let resolved = realpath(path, nil) {
            path = String(cString: resolved)
            free(resolved)
        }
        return path + ".mark"
    }

    public func read() throws -> NodeMark? {
        guard access(location, F_OK) == 0 || errno != ENOENT else { return nil }
        let file = try Descriptor(opening: location, O_RDONLY)
        // One byte more than there should be shows a file that is too long.
        var bytes = [UInt8](repeating: 0, count: NodeMark.encodedSize + 1)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        do {
            return try bytes[..<count].withUnsafeBytes { try NodeMark(decoding: $0) }
        } catch let error as EntryError {
            guard error.reason != .future else {
                throw StorageError(.tooNew, "\(location): \(error); upgrade this node")
            }
            throw StorageError(.damaged, "\(location): \(error); it proves nothing, and is made anew")
        }
    }

    public func write(_ mark: NodeMark) throws {
        do {
            do {
                try replace(with: mark.encoded())
            } catch let error as StorageError where error.code == .full && access(location, F_OK) == 0 {
                // A vote needs no room where there is a mark already: one of a few bytes, which a disk writes as a whole
                // (rule D4). Were it damaged all the same, it would count as none.
                unlink(fresh)
                let file = try Descriptor(opening: location, O_WRONLY)
                try mark.encoded().withUnsafeBytes { try file.write($0, at: 0) }
                try file.synchronize()
                // It may be the new one, whose name was not synced yet.
                try synchronizeName()
            }
        } catch let error as StorageError {
            throw StorageError(
                error.code,
                "\(error.message); the node's mark is kept there, in a directory that must exist and be writable")
        }
    }

    private func replace(with bytes: [UInt8]) throws {
        do {
            let file = try Descriptor(opening: fresh, O_WRONLY | O_CREAT | O_TRUNC)
            try bytes.withUnsafeBytes { try file.write($0, at: 0) }
            try file.synchronize()
        }
        guard rename(fresh, location) == 0 else { throw StorageError(system: errno, "rename", fresh) }
        try synchronizeName()
    }

    private func synchronizeName() throws {
        try Descriptor(opening: directory, O_RDONLY | O_DIRECTORY).synchronize()
    }
}
