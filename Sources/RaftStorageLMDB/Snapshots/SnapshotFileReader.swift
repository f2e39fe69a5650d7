import Glibc
import RaftCore

/// A finished body. Keeps its file open, so that it stays readable when its name is gone.
final class SnapshotFileReader: SnapshotReader {
    private let file: Descriptor
    private let size: UInt64

    /// - Throws: `StorageError` code `damaged` when the file has another size.
    init(_ file: consuming Descriptor, size: UInt64) throws(StorageError) {
        let found = try file.size()
        guard found == size else {
            throw StorageError(.damaged, "\(file.path) is damaged: it has \(found) bytes instead of \(size)")
        }
        self.file = file
        self.size = size
    }

    func read(at offset: UInt64, count: Int) throws -> [UInt8] {
        guard offset < size, count > 0 else { return [] }
        let wanted = Int(min(UInt64(count), size - offset))
        let bytes = try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, initialized in
            initialized = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
        guard bytes.count == wanted else {
            throw StorageError(.damaged, "\(file.path) is damaged: it ends before byte \(offset + UInt64(wanted))")
        }
        return bytes
    }
}
