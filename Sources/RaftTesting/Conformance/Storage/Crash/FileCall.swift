/// A system call that changed files, as a recorder saw it.
package struct FileCall: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// `path` now names the new, empty file.
        case create
        /// `bytes` were written at `offset`; durable when it returned if the file was opened so.
        case write(offset: Int, bytes: [UInt8], isDurable: Bool)
        /// The file has this many bytes now.
        case resize(Int)
        case sync
        /// The names in the directory `path` are durable.
        case syncDirectory
        case syncAll
        case rename(to: String)
        case remove
        case makeDirectory
        case link(as: String)
        /// Did nothing, and said so.
        case failed(FailedCall)
        /// Nothing that can be replayed.
        case unknown
    }

    package var kind: Kind
    /// The inode; 0 where none is meant.
    package var file: UInt64
    /// Relative to the recorded directory; empty for that itself, and where only the file is known.
    package var path: String

    package init(_ kind: Kind, file: UInt64 = 0, path: String = "") {
        self.kind = kind
        self.file = file
        self.path = path
    }

    /// Whether it changes what a file holds.
    var changesData: Bool {
        switch kind {
        case .write, .resize: true
        default: false
        }
    }

    var hasFailed: Bool {
        if case .failed = kind { true } else { false }
    }

    /// Whether it changes what a directory holds.
    var changesNames: Bool {
        switch kind {
        case .create, .rename, .remove, .makeDirectory, .link: true
        default: false
        }
    }

    /// The directories, relative, whose names it changes.
    var directories: [String] {
        func parent(_ path: String) -> String { path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "" }
        switch kind {
        case .rename(let other): return [parent(path), parent(other)]
        case .link(let other): return [parent(other)]
        default: return [parent(path)]
        }
    }
}

extension FileCall: CustomStringConvertible {
    package var description: String {
        switch kind {
        case .create: "creating \(path)"
        case .write(let offset, let bytes, let isDurable):
            "\(isDurable ? "a synchronous write" : "a write") of \(bytes.count) bytes at \(offset)"
        case .resize(let size): "setting a size of \(size)"
        case .sync: "a sync"
        case .syncDirectory: "a sync of the directory \(path.isEmpty ? "itself" : path)"
        case .syncAll: "a sync of everything"
        case .rename(let other): "renaming \(path) to \(other)"
        case .remove: "removing \(path)"
        case .makeDirectory: "making the directory \(path)"
        case .link(let other): "linking \(path) as \(other)"
        case .failed(let call): "\(call.rawValue) that failed"
        case .unknown: "a call on \(path) that cannot be replayed"
        }
    }
}
