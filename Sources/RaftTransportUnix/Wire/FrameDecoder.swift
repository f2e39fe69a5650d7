import CRaftChecksum
import NIOCore
import RaftCore

/// Cuts a stream of bytes into frames and checks each (rule N2). Holds at most one frame that is not complete.
struct FrameDecoder {
    /// What the length of a frame may say at most. A larger one is refused before any of its bytes is kept.
    var maximumLength: Int
    private var buffer = ByteBuffer()
    private let broken: MutationSwitch

    init(maximumLength: Int, broken: MutationSwitch = MutationSwitch()) {
        self.maximumLength = maximumLength
        self.broken = broken
    }

    /// Adds bytes as they came.
    mutating func append(_ bytes: consuming ByteBuffer) {
        guard buffer.readableBytes > 0 else {
            buffer = bytes
            return
        }
        buffer.discardReadBytes()
        if let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self),
            Int(length) <= maximumLength
        {
            // Once for a large frame, and not again and again as it grows.
            buffer.reserveCapacity(minimumWritableBytes: max(0, Int(length) + 4 - buffer.readableBytes))
        }
        buffer.writeBuffer(&bytes)
    }

    /// Lets go of memory that holds nothing any more, so that the next read may use it again.
    mutating func releaseIfEmpty() {
        if buffer.readableBytes == 0 { buffer = ByteBuffer() }
    }

    /// Hands the next complete frame to `body`; nil when there is none.
    /// - Throws: `FrameError`, after which the stream cannot be read any further; or what `body` throws.
    mutating func next<Result>(
        _ body: (FrameKind, UnsafeRawBufferPointer) throws -> Result
    ) throws -> Result? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self) else {
            return nil
        }
        guard length <= maximumLength || broken.breaks(.unboundedFrames) else {
            throw FrameError.tooLong(Int(length), limit: maximumLength)
        }
        guard length >= FrameLayout.minimumLength else { throw FrameError.tooShort(Int(length)) }
        let total = Int(length) + 4
        guard buffer.readableBytes >= total else { return nil }
        defer { buffer.moveReaderIndex(forwardBy: total) }
        return try buffer.withUnsafeReadableBytes { bytes in
            let expected = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
            let checked = UnsafeRawBufferPointer(rebasing: bytes[8..<total])
            let isIntact = raft_crc32c(0, checked.baseAddress, checked.count) == expected
            guard isIntact || broken.breaks(.skipFrameChecksum) else { throw FrameError.damaged }
            return try body(FrameKind(rawValue: checked[0]), UnsafeRawBufferPointer(rebasing: checked[1...]))
        }
    }
}

/// Why a stream of bytes is no stream of frames.
struct FrameError: Error, Hashable, CustomStringConvertible {
    let description: String

    static func tooLong(_ length: Int, limit: Int) -> FrameError {
        FrameError(description: "a frame announces \(length) bytes and \(limit) are allowed")
    }
    static func tooShort(_ length: Int) -> FrameError {
        FrameError(description: "a frame announces \(length) bytes, fewer than its own head")
    }
    static let damaged = FrameError(description: "the checksum of a frame does not match its bytes")
    static func unexpected(_ kind: FrameKind) -> FrameError {
        FrameError(description: "a frame of kind \(kind.rawValue) has no place here")
    }
}
