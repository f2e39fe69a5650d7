import Glibc
import RaftCore
import Synchronization

/// A body of the toy storage that grows.
final class ToySnapshotWriter: SnapshotWriter {
    private let file: ToyFile
    private let fault: ToyFault?
    private let written: Mutex<Int>
    private let place: @Sendable (SnapshotID) -> String

    init(_ file: ToyFile, size: Int, _ fault: ToyFault?, finishedAs place: @escaping @Sendable (SnapshotID) -> String) {
        self.file = file
        self.fault = fault
        written = Mutex(size)
        self.place = place
    }

    var size: UInt64 { UInt64(written.withLock { $0 }) }

    func append(_ bytes: UnsafeRawBufferPointer) throws {
        try written.withLock { size in
            do {
                if !bytes.isEmpty { try file.write(Array(bytes), at: size) }
            } catch let error as StorageError {
                throw fault == .fullBodyToldAsBroken ? StorageError(.io, error.message) : error
            }
            size += bytes.count
        }
    }

    func finish(as snapshot: Snapshot) throws {
        do {
            if fault != .bodyNotSynced { try file.sync() }
        } catch {
            // The system forgot what was to be written.
            if fault != .failedBodySyncRepeated { unlink(file.path) }
            throw error
        }
        guard rename(file.path, place(snapshot.id)) == 0 else { throw StorageError(.io, "renaming failed") }
        do {
            let end = file.path.lastIndex(of: "/") ?? file.path.startIndex
            try ToyFile(String(file.path[..<end]), O_RDONLY | O_DIRECTORY).sync()
        } catch {
            unlink(place(snapshot.id))
            throw error
        }
    }

    func discard() { unlink(file.path) }
}

/// A finished body of the toy storage.
final class ToySnapshotReader: SnapshotReader {
    private let file: ToyFile
    private let ignoresOffset: Bool

    init(file: ToyFile, ignoresOffset: Bool) {
        self.file = file
        self.ignoresOffset = ignoresOffset
    }

    func read(at offset: UInt64, count: Int) throws -> [UInt8] {
        Array(file.readAll().dropFirst(ignoresOffset ? 0 : Int(offset)).prefix(count))
    }
}
