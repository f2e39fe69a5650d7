import Glibc
import RaftCore
import RaftMembership
import RaftTracing
import Testing

@testable import RaftStorageLMDB

/// A directory that goes when the test does, and storages in it.
final class TemporaryDirectory: Sendable {
    let path: String
    /// The node's data directory; not there at first.
    var data: String { path + "/node/1" }
    var environment: String { data + "/raft.mdb" }

    static let context = StorageContext(node: 1, clusterName: "test")

    init() throws {
        var template = Array("/tmp/raft-lmdb-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        path = try #require(made)
    }

    deinit {
        for directory in [data, path + "/node", path] {
            guard let stream = opendir(directory) else { continue }
            while let item = readdir(stream) {
                let name = withUnsafePointer(to: &item.pointee.d_name) { pointer in
                    pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                }
                unlink(directory + "/" + name)
            }
            closedir(stream)
            rmdir(directory)
        }
    }

    /// Small enough that tests are quick, and that they meet the limits.
    static func options(_ change: (inout LMDBOptions) -> Void = { _ in }) -> LMDBOptions {
        var options = LMDBOptions()
        options.initialMapSize = 1 << 20
        options.reserve = 1 << 18
        change(&options)
        return options
    }

    func open(
        _ options: LMDBOptions = TemporaryDirectory.options(), context: StorageContext = TemporaryDirectory.context,
        tracer: Tracer = .silent
    ) throws -> LMDBStorage {
        try LMDBStorage(directory: data, context: context, tracer: tracer, options: options)
    }

    /// What a new process would find.
    func recovered(_ group: GroupID = .first, _ options: LMDBOptions = TemporaryDirectory.options()) throws
        -> RecoveredGroup
    {
        let storage = try open(options)
        defer { storage.close() }
        return try storage.recover(group)
    }

    func exists(_ name: String) -> Bool { access(data + "/" + name, F_OK) == 0 }

    func bytes() throws -> [UInt8] {
        let file = try Descriptor(opening: environment, O_RDONLY)
        var bytes = [UInt8](repeating: 0, count: Int(try file.size()))
        _ = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return bytes
    }

    /// Puts `bytes` in the place of the environment.
    func replace(with bytes: [UInt8]) throws {
        let file = try Descriptor(opening: environment, O_RDWR | O_CREAT | O_TRUNC)
        try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }
}

let member = Member(id: 1, incarnation: 5)

/// `count` commands of `term` from `first` on, each of `size` bytes that tell its index and term.
func commands(_ first: LogIndex, _ count: Int, term: Term = 1, size: Int = 40) -> EntryBatch {
    var builder = EntryBatchBuilder(firstIndex: first)
    for position in 0..<count {
        let mark = UInt8(truncatingIfNeeded: (first + position).rawValue &* 31 &+ term.rawValue)
        builder.append(.command, term: term, payload: [UInt8](repeating: mark, count: size))
    }
    return builder.finish()
}

func hardState(_ term: Term, commitHint: LogIndex = 0) -> HardState {
    HardState(
        cluster: ClusterID(high: 1, low: 2), member: member, startCounter: 3, term: term, votedFor: member,
        commitHint: commitHint, largestPromise: 7)
}

/// The `StorageError` that `body` throws.
func storageError(_ body: () throws -> Void) -> StorageError? {
    do {
        try body()
        return nil
    } catch {
        return error as? StorageError
    }
}

/// Reproducible chance.
struct Dice: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
