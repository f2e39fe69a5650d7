package import RaftCore

extension SnapshotView {
    /// All that the view writes.
    /// - Parameter pieceSize: what the sink gathers.
    package func bytes(pieceSize: Int = 256 << 10) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let sink = SnapshotSink(pieceSize: pieceSize) { bytes.append(contentsOf: $0) }
        try write(to: sink)
        try sink.flush()
        return bytes
    }
}

extension SnapshotSource {
    /// Gives `bytes`, at most `pieceSize` at a time.
    /// - Parameter cut: how many of them can be read, before reading fails.
    package convenience init(_ bytes: [UInt8], pieceSize: Int = .max, failingAfter cut: Int? = nil) {
        var offset = 0
        self.init(count: UInt64(bytes.count)) { count in
            let end = min(offset + min(count, pieceSize), cut ?? bytes.count)
            guard end > offset || cut == nil else {
                throw StorageError(.io, "the body cannot be read at byte \(offset)")
            }
            defer { offset = end }
            return Array(bytes[offset..<end])
        }
    }
}
