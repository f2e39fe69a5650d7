/// The state of a machine at one moment, which stays as it is while the machine goes on: what a snapshot is written from.
public protocol SnapshotView: Sendable {
    /// Writes the state, in pieces of any size. Runs on a lane of its own, beside the machine, for as long as it takes.
    ///
    /// The same state should give the same bytes on every node: then a transfer that one leader began another can go on
    /// with.
    func write(to sink: SnapshotSink) throws
}

/// Takes the bytes of a snapshot.
public final class SnapshotSink {
    private let pieceSize: Int
    private let take: (UnsafeRawBufferPointer) throws -> Void
    private var buffer: [UInt8] = []

    /// - Parameters:
    ///   - pieceSize: bytes that are gathered before they are handed on.
    ///   - take: gets them.
    public init(pieceSize: Int = 256 << 10, _ take: @escaping (UnsafeRawBufferPointer) throws -> Void) {
        self.pieceSize = pieceSize
        self.take = take
        buffer.reserveCapacity(pieceSize)
    }

    /// Adds `bytes`.
    public func write(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try write($0) } }

    /// Adds `bytes`.
    public func write(_ bytes: UnsafeRawBufferPointer) throws {
        if buffer.count + bytes.count > pieceSize { try flush() }
        if bytes.count >= pieceSize {
            try take(bytes)
        } else {
            buffer.append(contentsOf: bytes)
        }
    }

    /// Adds a number, little-endian.
    public func write(_ number: some FixedWidthInteger) throws {
        try withUnsafeBytes(of: number.littleEndian) { try write($0) }
    }

    package func flush() throws {
        guard !buffer.isEmpty else { return }
        try buffer.withUnsafeBytes { try take($0) }
        buffer.removeAll(keepingCapacity: true)
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

    /// The next `count` bytes.
    /// - Throws: `StorageError` code `damaged` when there are fewer.
    public func read(_ count: Int) throws -> [UInt8] {
        guard count >= 0, UInt64(count) <= remaining else {
            throw StorageError(.damaged, "the snapshot ends early: \(remaining) bytes are left, \(count) were expected")
        }
        guard position + count > buffer.count else {
            defer { advance(count) }
            return Array(buffer[position..<position + count])
        }
        var bytes = Array(buffer[position...])
        bytes.reserveCapacity(count)
        advance(bytes.count)
        while bytes.count < count {
            try refill()
            let part = min(count - bytes.count, buffer.count)
            bytes.append(contentsOf: buffer[..<part])
            advance(part)
        }
        return bytes
    }

    /// The next number, little-endian.
    public func read<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) throws -> Number {
        let bytes = try read(MemoryLayout<Number>.size)
        return Number(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(as: Number.self) })
    }

    private func advance(_ count: Int) {
        position += count
        remaining -= UInt64(count)
    }

    private func refill() throws {
        buffer = try fetch(Int(min(remaining, 256 << 10)))
        position = 0
        guard !buffer.isEmpty else { throw StorageError(.damaged, "the snapshot ends early") }
    }
}
