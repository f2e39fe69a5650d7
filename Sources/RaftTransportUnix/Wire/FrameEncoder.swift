import CRaftChecksum
import NIOCore
import RaftCore

/// Sizes of a frame's parts: length (4), CRC-32C (4), kind (1), body. See `WireFormat.md`.
enum FrameLayout {
    /// Before the body.
    static let headSize = 9
    /// Of these the length counts all but itself.
    static let minimumLength = 5
    /// The most that the length of a hello or a refusal may say, kind and checksum included.
    static let maximumHandshakeLength = 4096
}

/// Appends frames to a buffer.
enum FrameEncoder {
    static func append(_ hello: Hello, to buffer: inout ByteBuffer) {
        append(.hello, hello.encode(), to: &buffer)
    }

    static func append(_ refusal: Refusal, to buffer: inout ByteBuffer) {
        append(.refusal, refusal.encode(), to: &buffer)
    }

    static func append(_ kind: FrameKind, _ body: [UInt8], to buffer: inout ByteBuffer) {
        appendFrame(kind, to: &buffer) { $0.writeBytes(body) }
    }

    /// Entries are copied once, from where the leader encoded them into the buffer that goes to the socket.
    static func append(_ envelope: Envelope, to buffer: inout ByteBuffer) {
        let (head, entries) = MessageCodec.encode(envelope)
        appendFrame(.envelope, to: &buffer) { buffer in
            buffer.writeBytes(head)
            if !entries.isEmpty { entries.withUnsafeBytes { _ = buffer.writeBytes($0) } }
        }
    }

    /// Bytes that `envelope` takes in a frame, or a few more.
    static func estimatedSize(of envelope: Envelope) -> Int {
        var size = FrameLayout.headSize + MessageCodec.maximumHeadBytes
        switch envelope.message {
        case .appendEntries(let message): size += message.entries.byteCount
        case .installSnapshot(let message): size += message.snapshot.encoded().count + message.bytes.count
        default: break
        }
        return size
    }

    private static func appendFrame(
        _ kind: FrameKind, to buffer: inout ByteBuffer, body: (inout ByteBuffer) -> Void
    ) {
        let start = buffer.writerIndex
        buffer.writeInteger(0 as UInt64)
        buffer.writeInteger(kind.rawValue)
        body(&buffer)
        let checked = start + 8 - buffer.readerIndex
        let checksum = buffer.withUnsafeReadableBytes { bytes in
            raft_crc32c(0, bytes.baseAddress.map { $0 + checked }, bytes.count - checked)
        }
        // A frame's size is bounded far below 4 GiB before it comes here.
        let length = UInt32(truncatingIfNeeded: buffer.writerIndex - start - 4)
        buffer.setInteger(length, at: start, endianness: .little)
        buffer.setInteger(checksum, at: start + 4, endianness: .little)
    }
}
