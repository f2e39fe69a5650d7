import RaftCore

/// The files of one simulated server, for a storage of one's own: what was written and not synced is lost when the process
/// ends, or is there in part, and the process may end before any call. Names are durable at once.
///
/// Unchecked, because a simulation is confined to one thread.
public final class SimulatedFiles: @unchecked Sendable {
    fileprivate enum Change {
        case write([UInt8], at: Int)
        case truncate(to: Int)
    }

    fileprivate struct File {
        var synced: [UInt8] = []
        /// Since the last sync.
        var changes: [Change] = []
        var content: [UInt8] = []
    }

    /// What is on the disk.
    struct State {
        fileprivate var files: [String: File]

        init() { files = [:] }
        fileprivate init(_ files: [String: File]) { self.files = files }
    }

    private var files: [String: File] = [:]
    /// The process ends before the so-many-th call that changes something.
    private var callsLeft: Int?
    private var failsNextSync = false

    init() {}

    // MARK: What a storage does

    /// All bytes of a file; none of one that is not there.
    public func read(_ name: String) -> [UInt8] { files[name]?.content ?? [] }

    /// Writes into a file from `offset` on, which is made when it is not there. Zeros fill a gap.
    /// - Throws: `StorageError` when the process is to end here; as does every later call.
    public func write(_ bytes: [UInt8], to name: String, at offset: Int) throws {
        try change(name, .write(bytes, at: offset))
    }

    /// Cuts what is after `size` bytes.
    public func truncate(_ name: String, to size: Int) throws { try change(name, .truncate(to: size)) }

    /// What was written to the file is durable when it returns.
    /// - Throws: `StorageError` also when the disk fails: what was written since the last sync is lost then (rule D2).
    public func sync(_ name: String) throws {
        try passCall()
        guard var file = files.removeValue(forKey: name) else { return }
        if failsNextSync {
            failsNextSync = false
            // The page cache shows what the disk does not have.
            file.changes = []
            files[name] = file
            throw StorageError(.io, "the sync of \(name) failed: Input/output error")
        }
        for change in file.changes { Self.apply(change, to: &file.synced) }
        file.changes = []
        files[name] = file
    }

    /// Puts a file in the place of another, in one step.
    public func rename(_ name: String, to other: String) throws {
        try passCall()
        files[other] = files.removeValue(forKey: name)
    }

    private func change(_ name: String, _ change: Change) throws {
        try passCall()
        Self.apply(change, to: &files[name, default: File()].content)
        files[name]?.changes.append(change)
    }

    private func passCall() throws {
        guard let left = callsLeft else { return }
        guard left > 0 else { throw StorageError(.io, "the process is dead") }
        callsLeft = left - 1
    }

    private static func apply(_ change: Change, to content: inout [UInt8]) {
        switch change {
        case .write(let bytes, let offset):
            let missing = offset + bytes.count - content.count
            if missing > 0 { content += [UInt8](repeating: 0, count: missing) }
            content.replaceSubrange(offset..<offset + bytes.count, with: bytes)
        case .truncate(let size): content.removeLast(max(0, content.count - size))
        }
    }

    // MARK: What happens to it

    func die(afterCalls count: Int) { callsLeft = count }

    func failNextSync() { failsNextSync = true }

    /// A process ends: of each file a part of what was not synced remains, the last write of it torn.
    func end(using random: inout SeededRandom) {
        callsLeft = nil
        failsNextSync = false
        for name in files.keys.sorted() {
            guard var file = files[name] else { continue }
            file.content = file.synced
            if !file.changes.isEmpty {
                let kept = random.index(below: file.changes.count + 1)
                for change in file.changes.prefix(kept) { Self.apply(change, to: &file.content) }
                if kept < file.changes.count, case .write(let bytes, let offset) = file.changes[kept] {
                    let torn = random.index(below: bytes.count + 1)
                    if torn > 0 { Self.apply(.write(Array(bytes.prefix(torn)), at: offset), to: &file.content) }
                }
            }
            file.synced = file.content
            file.changes = []
            files[name] = file
        }
    }

    /// As a backup would find it.
    var state: State {
        get { State(files) }
        set { files = newValue.files }
    }
}
