import Foundation
import Glibc

/// Where a row keeps its files: a directory of its own, removed with everything in it, unless the user named one.
struct WorkDirectory: Sendable {
    let path: String
    /// Whether the row writes to disk.
    let isUsed: Bool
    private let isTemporary: Bool

    /// Makes a fresh directory within `base`, or a temporary one when that is nil.
    static func make(
        within base: String?, isUsed: Bool, isTemporary: Bool? = nil
    ) throws(BenchError) -> WorkDirectory {
        let parent = base ?? ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
        do {
            try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
        } catch {
            throw BenchError("\(parent) cannot be created: \(error.localizedDescription)")
        }
        var template = Array("\(parent)/raft-bench-XXXXXX".utf8CString)
        guard let made = template.withUnsafeMutableBufferPointer({ $0.baseAddress.flatMap { mkdtemp($0) } }) else {
            throw BenchError("no directory can be made in \(parent): \(String(cString: strerror(errno)))")
        }
        let path = String(cString: made)
        let isTemporary = isTemporary ?? (base == nil)
        if isTemporary { Cleanup.shared.add(directory: path) }
        return WorkDirectory(path: path, isUsed: isUsed, isTemporary: isTemporary)
    }

    func remove() {
        guard isTemporary else { return }
        try? FileManager.default.removeItem(atPath: path)
        Cleanup.shared.forget(directory: path)
    }
}
