public import RaftMembership

/// A configuration as it stands in the log: the cluster it belongs to, and who is in it.
public struct ConfigurationPayload: Hashable, Sendable {
    public var cluster: ClusterID
    public var membership: Membership

    public init(cluster: ClusterID, membership: Membership) {
        self.cluster = cluster
        self.membership = membership
    }
}

/// The payload of a configuration entry, little-endian:
///
/// version (2 bytes, 1) · feature level (4) · cluster (16) · number of members (2), then for each member: id (8),
/// incarnation (8), flags (1: bit 0 witness, bit 1 promote when caught up, bit 2 stays as a learner when the joint
/// configuration is left; others zero), number of addresses (1), each address (2-byte
/// length and UTF-8) · number of voters (2), their ids (8 each) · 1 when joint, else 0 (1); when joint the number of
/// outgoing voters (2) and their ids · number of highest incarnations (2), each id (8) and incarnation (8).
public enum MembershipCodec {
    public static let maximumMembers = Membership.maximumMembers

    public static func encode(_ payload: ConfigurationPayload) -> [UInt8] {
        let membership = payload.membership
        var writer = ByteWriter(capacity: 64 + 64 * membership.members.count)
        writer.write(UInt16(1))
        writer.write(membership.featureLevel)
        writer.write(payload.cluster.high)
        writer.write(payload.cluster.low)
        writer.write(UInt16(membership.members.count))
        for record in membership.members {
            writer.write(record.member.id.rawValue)
            writer.write(record.member.incarnation.rawValue)
            writer.write(flags(of: record))
            let addresses = record.addresses.prefix(255)
            writer.write(UInt8(addresses.count))
            for address in addresses { writer.writeString(address) }
        }
        func writeIDs(_ ids: [NodeID]) {
            writer.write(UInt16(ids.count))
            for id in ids { writer.write(id.rawValue) }
        }
        writeIDs(membership.voters)
        writer.write(UInt8(membership.isJoint ? 1 : 0))
        if let outgoing = membership.outgoingVoters { writeIDs(outgoing) }
        writer.write(UInt16(membership.highestIncarnations.count))
        for member in membership.highestIncarnations {
            writer.write(member.id.rawValue)
            writer.write(member.incarnation.rawValue)
        }
        return writer.bytes
    }

    private static func flags(of record: Membership.Record) -> UInt8 {
        (record.isWitness ? 1 : 0) | (record.promoteWhenCaughtUp ? 2 : 0) | (record.staysAsLearner ? 4 : 0)
    }

    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> ConfigurationPayload {
        var reader = ByteReader(bytes)
        let version: UInt16 = try reader.read()
        guard version == 1 else { throw WireError(description: "has the unknown version \(version)") }
        let featureLevel: UInt32 = try reader.read()
        let cluster = ClusterID(high: try reader.read(), low: try reader.read())
        func readCount(_ reader: inout ByteReader) throws(WireError) -> Int {
            let count = Int(try reader.read(UInt16.self))
            guard count <= maximumMembers else { throw .tooLong(reader.offset - 2) }
            return count
        }
        func readMember(_ reader: inout ByteReader) throws(WireError) -> Member {
            Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
        }
        func readIDs(_ reader: inout ByteReader) throws(WireError) -> [NodeID] {
            var ids: [NodeID] = []
            for _ in 0..<(try readCount(&reader)) { ids.append(NodeID(try reader.read())) }
            return ids
        }
        var members: [Membership.Record] = []
        for _ in 0..<(try readCount(&reader)) {
            let member = try readMember(&reader)
            let flags: UInt8 = try reader.read()
            guard flags & ~7 == 0 else {
                throw WireError(description: "has unknown flags \(flags) of node \(member.id)")
            }
            var addresses: [String] = []
            for _ in 0..<(try reader.read(UInt8.self)) { addresses.append(try reader.readString()) }
            members.append(
                Membership.Record(
                    member: member, addresses: addresses, isWitness: flags & 1 != 0,
                    promoteWhenCaughtUp: flags & 2 != 0, staysAsLearner: flags & 4 != 0))
        }
        let voters = try readIDs(&reader)
        let outgoing = try reader.readBool() ? try readIDs(&reader) : nil
        var highest: [Member] = []
        for _ in 0..<(try readCount(&reader)) { highest.append(try readMember(&reader)) }
        try reader.finish()
        do {
            return ConfigurationPayload(
                cluster: cluster,
                membership: try Membership(
                    members: members, voters: voters, outgoingVoters: outgoing, highestIncarnations: highest,
                    featureLevel: featureLevel))
        } catch {
            throw WireError(description: "is no configuration: \(error)")
        }
    }
}
