import RaftCore
import RaftMembership

/// Why a connection is not wanted, for the one who made it.
struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    struct Code: RawRepresentable, Hashable, Sendable {
        let rawValue: UInt8

        static let format = Code(rawValue: 1)
        static let version = Code(rawValue: 2)
        static let clusterName = Code(rawValue: 3)
        static let clusterID = Code(rawValue: 4)
        /// The dialler meant another server.
        static let wrongNode = Code(rawValue: 5)
        /// Both carry the same id.
        static let sameNode = Code(rawValue: 6)
        static let late = Code(rawValue: 7)
        /// It was seen further on than it is now (rule M10).
        static let amnesiac = Code(rawValue: 8)
    }

    var code: Code
    /// Who refuses. 0 when not filled in.
    var node: NodeID
    /// One line, from the point of view of the one who refuses, about "it".
    var reason: String

    init(_ code: Code, _ reason: String, node: NodeID = 0) {
        self.code = code
        self.node = node
        self.reason = reason
    }

    var description: String { reason }

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.write(code.rawValue)
        writer.write(node.rawValue)
        // So that the frame stays within what a handshake may take.
        writer.writeString(String(reason.prefix(500)))
        return writer.bytes
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> Refusal {
        var reader = ByteReader(bytes)
        let code = Code(rawValue: try reader.read())
        let node = NodeID(try reader.read())
        let reason = try reader.readString()
        try reader.finish()
        return Refusal(code, reason, node: node)
    }
}
