import Glibc

/// A directory for one check, gone with the value. In memory where the system has room for files there: crashes are
/// modelled, so that no disk is needed.
final class ScratchDirectory: Sendable {
    /// Absolute, without symbolic links.
    let path: String

    init(_ purpose: String) throws(ScratchError) {
        var failure: Int32 = 0
        for parent in ["/dev/shm", "/tmp"] {
            var template = Array("\(parent)/raft-\(purpose)-XXXXXX".utf8CString)
            let made = template.withUnsafeMutableBufferPointer { buffer in
                buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
            }
            if let made {
                path = made
                return
            }
            failure = errno
        }
        throw ScratchError(
            "no directory for tests can be made in /dev/shm or /tmp: \(String(cString: strerror(failure)))")
    }

    deinit { Self.remove(path) }

    /// Removes what is there, whatever it is.
    static func remove(_ path: String) {
        for name in names(in: path) { remove("\(path)/\(name)") }
        if unlink(path) != 0 { rmdir(path) }
    }

    /// The names in a directory, sorted; none when it is none.
    static func names(in path: String) -> [String] {
        guard let stream = opendir(path) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while let item = readdir(stream) {
            let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}

/// The system did not let a check prepare its files.
struct ScratchError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
