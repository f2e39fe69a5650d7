import CRaftChecksum
package import NIOCore
import RaftCore
import RaftMembership
import RaftTracing

/// Appends the frames of the client protocol to a buffer. A command or an answer is copied once, to where the socket
/// takes it from.
package enum ClientFrameEncoder {
    package static func append(_ hello: ClientHello, to buffer: inout ByteBuffer) {
        appendFrame(ClientProtocol.Kind.clientHello, to: &buffer) { $0.writeBytes(hello.encode()) }
    }

    package static func append(_ hello: ServerHello, to buffer: inout ByteBuffer) {
        appendFrame(ClientProtocol.Kind.serverHello, to: &buffer) { $0.writeBytes(hello.encode()) }
    }

    package static func append(_ goodbye: Goodbye, to buffer: inout ByteBuffer) {
        appendFrame(ClientProtocol.Kind.goodbye, to: &buffer) { $0.writeBytes(goodbye.encode()) }
    }

    package static func append(_ request: ClientRequest, id: UInt64, to buffer: inout ByteBuffer) {
        let kind =
            switch request.kind {
            case .propose: ClientProtocol.Kind.propose
            case .query: ClientProtocol.Kind.query
            case .status: ClientProtocol.Kind.status
            case .members: ClientProtocol.Kind.members
            case .bootstrap: ClientProtocol.Kind.bootstrap
            case .change: ClientProtocol.Kind.change
            case .transfer: ClientProtocol.Kind.transfer
            case .snapshot: ClientProtocol.Kind.snapshot
            case .backup: ClientProtocol.Kind.backup
            case .backupChunk: ClientProtocol.Kind.backupChunk
            case .metrics: ClientProtocol.Kind.metrics
            case .openSession: ClientProtocol.Kind.openSession
            case .proposeInSession: ClientProtocol.Kind.proposeInSession
            case .closeSession: ClientProtocol.Kind.closeSession
            case .traceLevel: ClientProtocol.Kind.traceLevel
            case .recording: ClientProtocol.Kind.recording
            case .unsupported(let kind): kind
            }
        appendFrame(request.trace == nil ? kind : kind | ClientProtocol.traced, to: &buffer) { buffer in
            buffer.writeInteger(id, endianness: .little)
            if let trace = request.trace {
                var writer = ByteWriter(capacity: 25)
                writer.write(trace)
                buffer.writeBytes(writer.bytes)
            }
            switch request.kind {
            case .propose(let command):
                buffer.writeBytes(command)
            case .query(let query, let consistency):
                buffer.writeInteger(consistency.rawValue)
                if consistency.isBounded { buffer.writeInteger(consistency.atMost, endianness: .little) }
                buffer.writeBytes(query)
            case .bootstrap(let founders):
                var writer = ByteWriter(capacity: 64 * founders.count)
                let founders = founders.prefix(ClientProtocol.maximumMembers)
                writer.write(UInt16(founders.count))
                for founder in founders {
                    writer.write(founder.id.rawValue)
                    writer.writeAddresses(founder.addresses)
                }
                buffer.writeBytes(writer.bytes)
            case .change(let changes, let expected):
                buffer.writeBytes(MembershipChangeCodec.encode(changes, expected))
            case .transfer(let target):
                buffer.writeInteger(target?.rawValue ?? 0, endianness: .little)
            case .snapshot(let compacts): buffer.writeInteger(UInt8(compacts ? 1 : 0))
            case .backup(let consistency): buffer.writeInteger(consistency.rawValue)
            case .metrics(let format): buffer.writeInteger(format.rawValue)
            case .backupChunk(let snapshot, let offset, let count):
                var writer = ByteWriter(capacity: 40)
                writer.write(snapshot)
                writer.write(offset)
                writer.write(count)
                buffer.writeBytes(writer.bytes)
            case .proposeInSession(let command, let call):
                buffer.writeBytes(SessionCodec.encode(call))
                buffer.writeBytes(command)
            case .closeSession(let session): buffer.writeBytes(SessionCodec.encode(session))
            case .traceLevel(let level, let module):
                var writer = ByteWriter(capacity: 16)
                writer.write(level?.rawValue ?? 255)
                writer.writeString(module)
                buffer.writeBytes(writer.bytes)
            case .recording(let first): buffer.writeInteger(first, endianness: .little)
            case .status, .members, .openSession, .unsupported:
                break
            }
        }
    }

    package static func append(_ response: ClientResponse, id: UInt64, to buffer: inout ByteBuffer) {
        switch response.kind {
        case .bytes(let bytes):
            appendAnswer(ClientProtocol.Kind.bytes, id, to: &buffer) { $0.writeBytes(bytes) }
        case .output(let bytes, let index):
            appendAnswer(ClientProtocol.Kind.output, id, to: &buffer) { buffer in
                buffer.writeInteger(index.rawValue, endianness: .little)
                buffer.writeBytes(bytes)
            }
        case .error(let error):
            appendAnswer(ClientProtocol.Kind.error, id, to: &buffer) { buffer in
                var writer = ByteWriter(capacity: 128)
                writer.write(error.code.rawValue)
                writer.write(number(of: error.outcome))
                writer.writeString(String(error.message.prefix(1000)))
                writer.write(error.leader)
                buffer.writeBytes(writer.bytes)
            }
        case .status(let status):
            appendAnswer(ClientProtocol.Kind.nodeStatus, id, to: &buffer) { $0.writeBytes(status.encode()) }
        case .members(let members):
            appendAnswer(ClientProtocol.Kind.membership, id, to: &buffer) { buffer in
                let payload = ConfigurationPayload(cluster: ClusterID(high: 0, low: 0), membership: members)
                // An empty one is no configuration to the codec, and here nothing.
                if !members.isEmpty { buffer.writeBytes(MembershipCodec.encode(payload)) }
            }
        case .leads(let leader):
            appendAnswer(ClientProtocol.Kind.leads, id, to: &buffer) {
                $0.writeInteger(leader.rawValue, endianness: .little)
            }
        case .snapshotTaken(let snapshot, let purged):
            appendAnswer(ClientProtocol.Kind.snapshotTaken, id, to: &buffer) { buffer in
                var writer = ByteWriter(capacity: 40)
                writer.write(snapshot)
                writer.write(purged.rawValue)
                buffer.writeBytes(writer.bytes)
            }
        case .backup(let offer):
            appendAnswer(ClientProtocol.Kind.backupOffer, id, to: &buffer) { $0.writeBytes(offer.encode()) }
        case .traceLevels(let levels):
            appendAnswer(ClientProtocol.Kind.traceLevels, id, to: &buffer) { $0.writeBytes(levels.encode()) }
        case .recording(let part):
            appendAnswer(ClientProtocol.Kind.recordingPart, id, to: &buffer) { buffer in
                buffer.writeInteger(part.next ?? 0, endianness: .little)
                buffer.writeBytes(part.bytes)
            }
        case .session(let session):
            appendAnswer(ClientProtocol.Kind.sessionOpened, id, to: &buffer) {
                $0.writeBytes(SessionCodec.encode(session))
            }
        case .formed(let cluster):
            appendAnswer(ClientProtocol.Kind.formed, id, to: &buffer) { buffer in
                buffer.writeInteger(cluster.high, endianness: .little)
                buffer.writeInteger(cluster.low, endianness: .little)
            }
        }
    }

    private static func number(of outcome: RaftError.Outcome) -> UInt8 {
        switch outcome {
        case .rejected: 0
        case .unknown: 1
        case .committed: 2
        }
    }

    private static func appendAnswer(
        _ kind: UInt8, _ id: UInt64, to buffer: inout ByteBuffer, body: (inout ByteBuffer) -> Void
    ) {
        appendFrame(kind, to: &buffer) { buffer in
            buffer.writeInteger(id, endianness: .little)
            body(&buffer)
        }
    }

    private static func appendFrame(_ kind: UInt8, to buffer: inout ByteBuffer, body: (inout ByteBuffer) -> Void) {
        let start = buffer.writerIndex
        buffer.writeInteger(0 as UInt64)
        buffer.writeInteger(kind)
        body(&buffer)
        let checked = start + ClientProtocol.headSize - buffer.readerIndex
        let checksum = buffer.withUnsafeReadableBytes { bytes in
            raft_crc32c(0, bytes.baseAddress.map { $0 + checked }, bytes.count - checked)
        }
        // Sizes are checked against the limits, far below 4 GiB, before they come here.
        let length = UInt32(truncatingIfNeeded: buffer.writerIndex - start - 4)
        buffer.setInteger(length, at: start, endianness: .little)
        buffer.setInteger(checksum, at: start + 4, endianness: .little)
    }
}
