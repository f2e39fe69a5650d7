import CRaftChecksum
package import NIOCore
import RaftCore
import RaftMembership
import RaftTracing

/// What a client may send.
package enum ClientMessage: Hashable, Sendable {
    case hello(ClientHello)
    case request(UInt64, ClientRequest)
}

/// What a server may send.
package enum ServerMessage: Hashable, Sendable {
    case hello(ServerHello)
    case goodbye(Goodbye)
    case response(UInt64, ClientResponse)
}

/// Cuts a stream of bytes into frames, checks each and reads it. Holds at most one frame that is not complete.
package struct ClientFrameDecoder {
    /// What the length of a frame may say at most. A larger one is refused before any of its bytes is kept.
    package var maximumLength = ClientProtocol.maximumHandshakeLength
    private var buffer = ByteBuffer()

    package init() {}

    /// Adds bytes as they came.
    package mutating func append(_ bytes: consuming ByteBuffer) {
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

    /// Bytes of frames that were not handed out yet.
    package var heldBytes: Int { buffer.readableBytes }

    /// The next message of a client, or nil when there is no whole one.
    /// - Throws: `Goodbye`: the stream cannot be read any further.
    package mutating func nextFromClient() throws(Goodbye) -> ClientMessage? {
        try next(Self.clientMessage)
    }

    /// The next message of a server, or nil when there is no whole one.
    /// - Throws: `Goodbye`: the stream cannot be read any further.
    package mutating func nextFromServer() throws(Goodbye) -> ServerMessage? {
        try next(Self.serverMessage)
    }

    private mutating func next<Message>(
        _ decode: (UInt8, inout ByteReader) throws -> Message
    ) throws(Goodbye) -> Message? {
        guard let length = buffer.getInteger(at: buffer.readerIndex, endianness: .little, as: UInt32.self) else {
            return nil
        }
        guard length <= maximumLength else {
            throw Goodbye(.tooLong, "a frame announces \(length) bytes and \(maximumLength) are allowed")
        }
        guard length >= ClientProtocol.minimumLength else {
            throw Goodbye(.format, "a frame announces \(length) bytes, fewer than its own head")
        }
        let total = Int(length) + 4
        guard buffer.readableBytes >= total else { return nil }
        defer { buffer.moveReaderIndex(forwardBy: total) }
        do {
            return try buffer.withUnsafeReadableBytes { bytes in
                let expected = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
                let body = UnsafeRawBufferPointer(rebasing: bytes[ClientProtocol.headSize..<total])
                guard raft_crc32c(0, body.baseAddress, body.count) == expected else {
                    throw Goodbye(.format, "the checksum of a frame does not match its bytes")
                }
                var reader = ByteReader(body)
                return try decode(try reader.read(), &reader)
            }
        } catch let goodbye as Goodbye {
            throw goodbye
        } catch {
            throw Goodbye(.format, "a frame \(error)")
        }
    }

    private static func clientMessage(_ kind: UInt8, _ reader: inout ByteReader) throws -> ClientMessage {
        if kind == ClientProtocol.Kind.clientHello { return .hello(try ClientHello.decode(&reader)) }
        let isTraced = kind & ClientProtocol.traced != 0
        let kind = kind & ~ClientProtocol.traced
        guard ClientProtocol.Kind.requests.contains(kind) else { throw WireError.unknownKind(kind) }
        let id: UInt64 = try reader.read()
        let trace = isTraced ? try reader.readTrace() : nil
        let request: ClientRequest.Kind
        switch kind {
        case ClientProtocol.Kind.propose:
            request = .propose([UInt8](try reader.readRaw(reader.remaining)))
        case ClientProtocol.Kind.query:
            var consistency = ReadConsistency(rawValue: try reader.read())
            if consistency.isBounded { consistency = .stale(atMostNanoseconds: try reader.read()) }
            request = .query([UInt8](try reader.readRaw(reader.remaining)), consistency)
        case ClientProtocol.Kind.status:
            request = .status
        case ClientProtocol.Kind.members:
            request = .members
        case ClientProtocol.Kind.bootstrap:
            request = .bootstrap(try founders(&reader))
        case ClientProtocol.Kind.change:
            request = try MembershipChangeCodec.decode(&reader)
        case ClientProtocol.Kind.transfer:
            let target = NodeID(try reader.read())
            request = .transfer(to: target.rawValue == 0 ? nil : target)
        case ClientProtocol.Kind.snapshot: request = .snapshot(compacts: try reader.readBool())
        case ClientProtocol.Kind.backup: request = .backup(ReadConsistency(rawValue: try reader.read()))
        case ClientProtocol.Kind.backupChunk:
            let snapshot = try reader.readSnapshotID()
            let offset: UInt64 = try reader.read()
            request = .backupChunk(snapshot, offset: offset, count: try reader.read())
        case ClientProtocol.Kind.metrics:
            request = .metrics(ClientRequest.MetricsFormat(rawValue: try reader.read()))
        case ClientProtocol.Kind.openSession: request = .openSession
        case ClientProtocol.Kind.proposeInSession:
            let call = try SessionCodec.call(&reader)
            request = .proposeInSession([UInt8](try reader.readRaw(reader.remaining)), call)
        case ClientProtocol.Kind.closeSession: request = .closeSession(try SessionCodec.session(&reader))
        case ClientProtocol.Kind.traceLevel:
            let level: UInt8 = try reader.read()
            guard level == 255 || TraceLevel(rawValue: level) != nil else {
                throw WireError.outOfBounds(reader.offset - 1)
            }
            request = .traceLevel(TraceLevel(rawValue: level), module: try reader.readString())
        case ClientProtocol.Kind.recording: request = .recording(from: try reader.read())
        default:
            // Of a later release: what follows is not ours to read.
            return .request(id, ClientRequest(.unsupported(kind), trace: trace))
        }
        try reader.finish()
        return .request(id, ClientRequest(request, trace: trace))
    }

    private static func founders(_ reader: inout ByteReader) throws(WireError) -> [ClientRequest.Founder] {
        let count = Int(try reader.read(UInt16.self))
        guard count <= ClientProtocol.maximumMembers else { throw .tooLong(reader.offset - 2) }
        var founders: [ClientRequest.Founder] = []
        for _ in 0..<count {
            founders.append(
                ClientRequest.Founder(id: NodeID(try reader.read()), addresses: try reader.readAddresses()))
        }
        return founders
    }

    private static func serverMessage(_ kind: UInt8, _ reader: inout ByteReader) throws -> ServerMessage {
        switch kind {
        case ClientProtocol.Kind.serverHello: return .hello(try ServerHello.decode(&reader))
        case ClientProtocol.Kind.goodbye: return .goodbye(try Goodbye.decode(&reader))
        default: break
        }
        let id: UInt64 = try reader.read()
        let response: ClientResponse.Kind
        switch kind {
        case ClientProtocol.Kind.bytes:
            response = .bytes([UInt8](try reader.readRaw(reader.remaining)))
        case ClientProtocol.Kind.output:
            let index = LogIndex(try reader.readBounded())
            response = .output([UInt8](try reader.readRaw(reader.remaining)), index)
        case ClientProtocol.Kind.error:
            response = .error(try error(&reader))
        case ClientProtocol.Kind.nodeStatus:
            response = .status(try NodeStatus.decode(&reader))
        case ClientProtocol.Kind.membership:
            let rest = try reader.readRaw(reader.remaining)
            response = .members(rest.isEmpty ? Membership() : try MembershipCodec.decode(rest).membership)
        case ClientProtocol.Kind.snapshotTaken:
            let id = try reader.readSnapshotID()
            response = .snapshotTaken(id, purged: LogIndex(try reader.readBounded()))
        case ClientProtocol.Kind.backupOffer:
            response = .backup(try BackupOffer.decode(&reader))
        case ClientProtocol.Kind.sessionOpened:
            response = .session(try SessionCodec.opened(&reader))
        case ClientProtocol.Kind.traceLevels:
            response = .traceLevels(try TraceLevels.decode(&reader))
        case ClientProtocol.Kind.recordingPart:
            let next: UInt64 = try reader.read()
            response = .recording(
                RecordingPart(next: next == 0 ? nil : next, bytes: [UInt8](try reader.readRaw(reader.remaining))))
        case ClientProtocol.Kind.leads:
            response = .leads(NodeID(try reader.read()))
        case ClientProtocol.Kind.formed:
            response = .formed(ClusterID(high: try reader.read(), low: try reader.read()))
        default:
            throw WireError.unknownKind(kind)
        }
        try reader.finish()
        return .response(id, ClientResponse(response))
    }

    private static func error(_ reader: inout ByteReader) throws(WireError) -> RaftClientError {
        let code = RaftClientError.Code(rawValue: try reader.read())
        let outcome: RaftError.Outcome
        switch try reader.read(UInt8.self) {
        case 0: outcome = .rejected
        case 1: outcome = .unknown
        case 2: outcome = .committed
        default: throw .outOfBounds(reader.offset - 1)
        }
        return RaftClientError(code, outcome, try reader.readString(), leader: try reader.readLeader())
    }
}
