extension Snapshot {
    /// Reads a body from beginning to end.
    /// - Parameter progressed: called after each piece.
    /// - Throws: `StorageError` code `damaged` when it is not what this snapshot says, byte for byte.
    public func verify(_ reader: any SnapshotReader, progressed: () -> Void = {}) throws {
        var offset: UInt64 = 0
        var found: UInt32 = 0
        while offset < size {
            let bytes = try reader.read(at: offset, count: Int(min(1 << 20, size - offset)))
            guard !bytes.isEmpty else { break }
            offset += UInt64(bytes.count)
            progressed()
            found = bytes.withUnsafeBytes { SnapshotBody.checksum(found, $0) }
        }
        guard offset == size, found == checksum else { throw damaged }
    }

    var damaged: StorageError {
        StorageError(.damaged, "snapshot \(id) is damaged: its checksum does not match its bytes")
    }
}
