import RaftCore
import RaftMembership

/// On the wire a status is: cluster name (string) · cluster identity (two u64, 0 for none) · node u64 · incarnation u64 ·
/// role (string) · term u64 · leader (known u8; if 1: node u64, addresses) · commit, applied, flushed, last, snapshot and
/// purged index (u64 each) · configuration (u32 length, 0 for none yet, and what `MembershipCodec` writes) · number of
/// peers u16, for each: node u64, match index u64, state (string), last contact in milliseconds u64 (all ones: never),
/// entries in flight u64 · pending proposals u64 · uncommitted bytes u64 · flags u8 (bit 0: failed; bit 1: disk full), and if
/// it has failed: why (string) · what was added since (u32 length, and see `NodeStatus+Additions`); a status of an earlier
/// node ends before that.
extension NodeStatus {
    func encode() -> [UInt8] {
        var writer = ByteWriter(capacity: 256)
        writer.writeString(clusterName)
        writer.write(cluster?.high ?? 0)
        writer.write(cluster?.low ?? 0)
        writer.write(member.id.rawValue)
        writer.write(member.incarnation.rawValue)
        writer.writeString(role)
        writer.write(term.rawValue)
        writer.write(leader)
        for index in [commitIndex, appliedIndex, flushedIndex, lastIndex, snapshotIndex, purgedIndex] {
            writer.write(index.rawValue)
        }
        if membership.isEmpty {
            writer.write(UInt32(0))
        } else {
            writer.writeBlock(
                MembershipCodec.encode(
                    ConfigurationPayload(cluster: cluster ?? ClusterID(high: 0, low: 0), membership: membership)))
        }
        let peers = peers.prefix(Int(UInt16.max))
        writer.write(UInt16(peers.count))
        for peer in peers {
            writer.write(peer.id.rawValue)
            writer.write(peer.matchIndex.rawValue)
            writer.writeString(peer.state)
            writer.write(peer.lastContactMilliseconds ?? .max)
            writer.write(peer.inflightEntries)
        }
        writer.write(pendingProposals)
        writer.write(uncommittedBytes)
        writer.write(UInt8((failure == nil ? 0 : 1) | (isDiskFull ? 2 : 0)))
        if let failure { writer.writeString(failure) }
        writer.writeBlock(encodeAdditions())
        return writer.bytes
    }

    static func decode(_ reader: inout ByteReader) throws(WireError) -> NodeStatus {
        let name = try reader.readString()
        let cluster = ClusterID(high: try reader.read(), low: try reader.read())
        let member = Member(id: NodeID(try reader.read()), incarnation: Incarnation(try reader.read()))
        var status = NodeStatus(
            clusterName: name, member: member, role: try reader.readString(), term: Term(try reader.readBounded()))
        status.cluster = cluster.high == 0 && cluster.low == 0 ? nil : cluster
        status.leader = try reader.readLeader()
        status.commitIndex = LogIndex(try reader.readBounded())
        status.appliedIndex = LogIndex(try reader.readBounded())
        status.flushedIndex = LogIndex(try reader.readBounded())
        status.lastIndex = LogIndex(try reader.readBounded())
        status.snapshotIndex = LogIndex(try reader.readBounded())
        status.purgedIndex = LogIndex(try reader.readBounded())
        let length = Int(try reader.read(UInt32.self))
        if length > 0 { status.membership = try MembershipCodec.decode(try reader.readRaw(length)).membership }
        for _ in 0..<(try reader.read(UInt16.self)) {
            let id = NodeID(try reader.read())
            let match = LogIndex(try reader.readBounded())
            let state = try reader.readString()
            let contact: UInt64 = try reader.read()
            status.peers.append(
                Peer(
                    id: id, matchIndex: match, state: state, lastContactMilliseconds: contact == .max ? nil : contact,
                    inflightEntries: try reader.read()))
        }
        status.pendingProposals = try reader.read()
        status.uncommittedBytes = try reader.read()
        let hasFailed: Bool
        (hasFailed, status.isDiskFull) = try reader.readFlags()
        if hasFailed { status.failure = try reader.readString() }
        // A node of an earlier release says no more.
        guard reader.remaining > 0 else { return status }
        let added = Int(try reader.read(UInt32.self))
        var additions = ByteReader(try reader.readRaw(added))
        try status.decodeAdditions(&additions)
        return status
    }
}

extension ByteWriter {
    mutating func writeAddresses(_ addresses: [String]) {
        let addresses = addresses.prefix(Int(UInt8.max))
        write(UInt8(addresses.count))
        for address in addresses { writeString(address) }
    }

    mutating func write(_ leader: LeaderHint?) {
        write(UInt8(leader == nil ? 0 : 1))
        guard let leader else { return }
        write(leader.id.rawValue)
        writeAddresses(leader.clientAddresses)
    }
}

extension ByteReader {
    mutating func readAddresses() throws(WireError) -> [String] {
        var addresses: [String] = []
        for _ in 0..<(try read(UInt8.self)) { addresses.append(try readString()) }
        return addresses
    }

    mutating func readLeader() throws(WireError) -> LeaderHint? {
        guard try readBool() else { return nil }
        return LeaderHint(id: NodeID(try read()), clientAddresses: try readAddresses())
    }
}
