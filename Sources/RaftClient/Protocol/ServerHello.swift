import RaftCore
public import RaftMembership

/// A node's answer to a hello: who it is.
public struct ServerHello: Hashable, Sendable {
    /// What the length of a frame to this node may say at most.
    public var maximumFrameLength: Int
    public var clusterName: String
    public var node: NodeID
    /// Nil until the cluster is formed.
    public var cluster: ClusterID?

    package init(maximumFrameLength: Int, clusterName: String, node: NodeID, cluster: ClusterID?) {
        self.maximumFrameLength = maximumFrameLength
        self.clusterName = clusterName
        self.node = node
        self.cluster = cluster
    }

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.write(ClientProtocol.magic)
        writer.write(ClientProtocol.version)
        writer.write(UInt32(clamping: maximumFrameLength))
        writer.writeString(clusterName)
        writer.write(node.rawValue)
        writer.write(cluster?.high ?? 0)
        writer.write(cluster?.low ?? 0)
        return writer.bytes
    }

    /// - Throws: `Goodbye` when it is no server of this protocol; `WireError` for bytes that do not add up.
    static func decode(_ reader: inout ByteReader) throws -> ServerHello {
        try ClientHello.checkMagic(&reader)
        let maximum = Int(try reader.read(UInt32.self))
        let name = try reader.readString()
        let node = NodeID(try reader.read())
        let cluster = ClusterID(high: try reader.read(), low: try reader.read())
        try reader.finish()
        return ServerHello(
            maximumFrameLength: maximum, clusterName: name, node: node,
            cluster: cluster.high == 0 && cluster.low == 0 ? nil : cluster)
    }
}
