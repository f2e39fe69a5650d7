import RaftCore
import RaftMembership

/// What each side says of itself before anything else counts (rule N1). See `WireFormat.md` for the bytes.
struct Hello: Hashable, Sendable {
    static let magic: [UInt8] = [UInt8]("SRFT".utf8)
    static let version: UInt16 = 1

    var identity: NodeIdentity
    /// Whom the sender means to talk to: the server it dialled, or the one that dialled it.
    var expected: NodeID
    /// Which run of the sender this is, and how far it has come (rule M10).
    var life = NodeLife.unknown

    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 128)
        writer.write(Self.magic)
        writer.write(Self.version)
        writer.writeString(identity.clusterName)
        writer.write(identity.cluster?.high ?? 0)
        writer.write(identity.cluster?.low ?? 0)
        writer.write(identity.member.id.rawValue)
        writer.write(identity.member.incarnation.rawValue)
        writer.write(expected.rawValue)
        writer.write(life.startCounter)
        writer.write(life.nonce)
        writer.write(life.term.rawValue)
        let groups = identity.groups.prefix(Int(UInt16.max))
        writer.write(UInt16(groups.count))
        for group in groups { writer.write(group.rawValue) }
        let addresses = identity.clientAddresses.prefix(Int(UInt8.max))
        writer.write(UInt8(addresses.count))
        for address in addresses { writer.writeString(address) }
        return writer.bytes
    }

    /// - Throws: `Refusal` without a node when the magic or the version is another; `WireError` for anything else.
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Hello {
        var reader = ByteReader(bytes)
        guard try reader.readRaw(magic.count).elementsEqual(magic) else {
            throw Refusal(.format, "its greeting does not begin with SRFT: no member of a Raft cluster")
        }
        let version: UInt16 = try reader.read()
        guard version == Self.version else {
            throw Refusal(.version, "it speaks version \(version) of the protocol, this node speaks \(Self.version)")
        }
        let name = try reader.readString()
        let cluster = ClusterID(high: try reader.read(), low: try reader.read())
        let member = Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
        let expected = NodeID(try reader.read())
        let life = NodeLife(
            startCounter: try reader.read(), nonce: try reader.read(), term: Term(try reader.readBounded()))
        var groups: [GroupID] = []
        for _ in 0..<(try reader.read(UInt16.self)) { groups.append(GroupID(rawValue: try reader.read())) }
        var addresses: [String] = []
        for _ in 0..<(try reader.read(UInt8.self)) { addresses.append(try reader.readString()) }
        try reader.finish()
        return Hello(
            identity: NodeIdentity(
                clusterName: name, cluster: cluster.high == 0 && cluster.low == 0 ? nil : cluster, member: member,
                groups: groups, clientAddresses: addresses),
            expected: expected, life: life)
    }
}
