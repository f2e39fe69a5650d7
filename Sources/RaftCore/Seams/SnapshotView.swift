/// The state of a machine at one moment, which stays as it is while the machine goes on: what a snapshot is written from.
public protocol SnapshotView: Sendable {
    /// Writes the state, in pieces of any size. Runs on a lane of its own, beside the machine, for as long as it takes.
    ///
    /// The same state should give the same bytes on every node: then a transfer that one leader began another can go on
    /// with.
    func write(to sink: SnapshotSink) throws
}

/// Takes the bytes of a snapshot. Once it has failed it fails at every call: nobody mistakes a body with a gap for a whole
/// one.
public final class SnapshotSink {
    private let pieceSize: Int
    private let take: (UnsafeRawBufferPointer) throws -> Void
    private var buffer: [UInt8] = []
    private var failure: (any Error)?

    /// - Parameters:
    ///   - pieceSize: bytes that are gathered before they are handed on; what is larger is handed on as it is.
    ///   - take: gets them.
    public init(pieceSize: Int = 256 << 10, _ take: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.pieceSize = max(1, pieceSize)
        self.take = take
        buffer.reserveCapacity(self.pieceSize)
    }

    /// Adds `bytes`.
    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Adds `bytes`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if buffer.count + bytes.count > pieceSize { try flush() }
        if bytes.count >= pieceSize {
            try hand(bytes)
        } else if let failure {
            throw failure
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Adds a number, little-endian.
    @inlinable
    public func write(_ number: some FixedWidthInteger) throws {
        try withUnsafeBytes(of: number.littleEndian) { try write($0) }
    }

    /// Hands on what was gathered. For whoever made the sink, at the end; a view need not.
    public func flush() throws {
        if let failure { throw failure }
        guard !buffer.isEmpty else { return }
        try buffer.withUnsafeBytes { try hand($0) }
        buffer.removeAll(keepingCapacity: true)
    }

    private func hand(_ bytes: UnsafeRawBufferPointer) throws {
        if let failure { throw failure }
        do {
            try take(bytes)
        } catch {
            failure = error
            throw error
        }
    }
}

/// Gives the bytes of a snapshot, in order.
public final class SnapshotSource {
    /// Bytes that are still to come.
    public private(set) var remaining: UInt64
    private let fetch: (Int) throws -> [UInt8]
    private var buffer: [UInt8] = []
    private var position = 0

    /// - Parameters:
    ///   - count: bytes in all.
    ///   - fetch: gives the next bytes, at most so many and at least one.
    public init(count: UInt64, _ fetch: @escaping (Int) throws -> [UInt8]) {
        remaining = count
        self.fetch = fetch
    }

    /// The next `count` bytes, in an array that holds no more than they need.
    /// - Throws: `StorageError` code `damaged` when there are fewer, and takes none; else what fetching throws.
    public func read(_ count: Int) throws -> [UInt8] {
        try require(count)
        return try [UInt8](unsafeUninitializedCapacity: count) { bytes, filled in
            try fill(UnsafeMutableRawBufferPointer(bytes))
            filled = count
        }
    }

    /// The next number, little-endian.
    /// - Throws: as `read` does.
    @inlinable
    public func read<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws -> Number {
        var number = Number.zero
        try withUnsafeMutableBytes(of: &number) { try read(into: $0) }
        return Number(littleEndian: number)
    }

    /// As many bytes as `bytes` has room for.
    /// - Throws: as `read` does.
    public func read(into bytes: UnsafeMutableRawBufferPointer) throws {
        try require(bytes.count)
        try fill(bytes)
    }

    private func require(_ count: Int) throws {
        guard count >= 0, UInt64(count) <= remaining else {
            throw StorageError(.damaged, "the snapshot ends early: \(remaining) bytes are left, \(count) were expected")
        }
    }

    private func fill(_ bytes: UnsafeMutableRawBufferPointer) throws {
        var filled = 0
        while filled < bytes.count {
            if position == buffer.count { try refill() }
            let part = min(bytes.count - filled, buffer.count - position)
            buffer.withUnsafeBytes { buffer in
                UnsafeMutableRawBufferPointer(rebasing: bytes[filled...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: buffer[position..<position + part]))
            }
            filled += part
            position += part
            remaining -= UInt64(part)
        }
    }

    private func refill() throws {
        // The old piece goes before the new one comes.
        (buffer, position) = ([], 0)
        buffer = try fetch(Int(min(remaining, 256 << 10)))
        guard !buffer.isEmpty else {
            throw StorageError(.damaged, "the snapshot ends early: \(remaining) bytes are missing")
        }
    }
}
