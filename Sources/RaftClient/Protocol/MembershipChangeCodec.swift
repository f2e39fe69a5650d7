import RaftCore
import RaftMembership

/// A change of membership as it stands in a request, see `ClientProtocol`.
enum MembershipChangeCodec {
    static func encode(_ changes: [MembershipChange], _ expected: LogID?) -> [UInt8] {
        var writer = ByteWriter(capacity: 64 + 64 * changes.count)
        writer.write(UInt8(expected == nil ? 0 : 1))
        if let expected {
            writer.write(expected.term.rawValue)
            writer.write(expected.index.rawValue)
        }
        let changes = changes.prefix(ClientProtocol.maximumMembers)
        writer.write(UInt16(changes.count))
        for change in changes { write(change.wish, &writer) }
        return writer.bytes
    }

    private static func write(_ wish: MembershipChange.Wish, _ writer: inout ByteWriter) {
        func write(_ kind: UInt8, _ id: NodeID) {
            writer.write(kind)
            writer.write(id.rawValue)
        }
        switch wish {
        case .add(let id, let addresses, let kind):
            writer.write(UInt8(1))
            writer.write(role(kind))
            writer.write(id.rawValue)
            writer.writeAddresses(addresses)
        case .promote(let id): write(2, id)
        case .demote(let id): write(3, id)
        case .remove(let id): write(4, id)
        case .setVoters(let ids):
            writer.write(UInt8(5))
            let ids = ids.prefix(ClientProtocol.maximumMembers)
            writer.write(UInt16(ids.count))
            for id in ids { writer.write(id.rawValue) }
        case .setAddresses(let id, let addresses):
            write(6, id)
            writer.writeAddresses(addresses)
        }
    }

    private static func role(_ kind: MemberKind) -> UInt8 {
        switch kind {
        case .voter: 0
        case .learner: 1
        case .witness: 2
        }
    }

    static func decode(_ reader: inout ByteReader) throws(WireError) -> ClientRequest.Kind {
        var expected: LogID?
        if try reader.readBool() {
            expected = LogID(term: Term(try reader.readBounded()), index: LogIndex(try reader.readBounded()))
        }
        let count = try readCount(&reader)
        var changes: [MembershipChange] = []
        for _ in 0..<count { changes.append(MembershipChange(wish: try readWish(&reader))) }
        return .change(changes, expected: expected)
    }

    private static func readCount(_ reader: inout ByteReader) throws(WireError) -> Int {
        let count = Int(try reader.read(UInt16.self))
        guard count <= ClientProtocol.maximumMembers else { throw .tooLong(reader.offset - 2) }
        return count
    }

    private static func readWish(_ reader: inout ByteReader) throws(WireError) -> MembershipChange.Wish {
        func readID(_ reader: inout ByteReader) throws(WireError) -> NodeID { NodeID(try reader.read()) }
        let kind: UInt8 = try reader.read()
        switch kind {
        case 1:
            let role: UInt8 = try reader.read()
            guard let kind: MemberKind = [0: .voter, 1: .learner, 2: .witness][role] else {
                throw .outOfBounds(reader.offset - 1)
            }
            let id = try readID(&reader)
            return .add(id, addresses: try reader.readAddresses(), as: kind)
        case 2: return .promote(try readID(&reader))
        case 3: return .demote(try readID(&reader))
        case 4: return .remove(try readID(&reader))
        case 5:
            var ids: [NodeID] = []
            for _ in 0..<(try readCount(&reader)) { ids.append(try readID(&reader)) }
            return .setVoters(ids)
        case 6:
            let id = try readID(&reader)
            return .setAddresses(id, try reader.readAddresses())
        default: throw .unknownKind(kind)
        }
    }
}
