import CRaftChecksum
import RaftCore
import RaftMembership
import Testing

/// Rule S1, in bytes.
@Suite("What is kept of a snapshot")
struct SnapshotTests {
    static func snapshot() throws -> Snapshot {
        let payload = try Samples.configuration()
        return Snapshot(
            last: LogID(term: 3, index: 9), cluster: payload.cluster,
            configuration: LoggedMembership(id: LogID(term: 2, index: 7), membership: payload.membership),
            size: 0x11_2233_4455, checksum: 0xA1B2_C3D4)
    }

    static func decode(_ bytes: [UInt8]) throws -> Snapshot {
        try bytes.withUnsafeBytes { try Snapshot(decoding: $0) }
    }

    /// With `changes` in place and a checksum that agrees with them.
    static func sealed(_ changes: [(offset: Int, bytes: [UInt8])]) throws -> [UInt8] {
        var bytes = try snapshot().encoded()
        for change in changes {
            bytes.replaceSubrange(change.offset..<change.offset + change.bytes.count, with: change.bytes)
        }
        let checksum = bytes.withUnsafeBytes { raw in
            raw.baseAddress.map { raft_crc32c(raft_crc32c(0, $0, 4), $0 + 8, raw.count - 8) } ?? 0
        }
        bytes.replaceSubrange(4..<8, with: Self.number(UInt64(checksum)).prefix(4))
        return bytes
    }

    static func number(_ value: UInt64) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { [UInt8]($0) } }

    @Test("It has the bytes that the documentation gives it, and comes back from them (S1)")
    func golden() throws {
        let head =
            "01000000" + "25a6c927" + "0300000000000000" + "0900000000000000" + "5544332211000000" + "d4c3b2a1"
            + "00000000" + "0200000000000000" + "0700000000000000"
        let first = "0100000000000000" + "0a00000000000000" + "01" + "02" + "0100" + "61" + "0200" + "6263"
        let second = "0200000000000000" + "0b00000000000000" + "02" + "00"
        let highest =
            "0300" + "0100000000000000" + "0a00000000000000" + "0200000000000000" + "0b00000000000000"
            + "0700000000000000" + "0800000000000000"
        let configuration =
            "0100" + "06000000" + GoldenBytesTests.cluster + "0200" + first + second + "0100" + "0100000000000000"
            + "01" + "0200" + "0100000000000000" + "0200000000000000" + highest
        let bytes = try Self.snapshot().encoded()
        #expect(Samples.hex(bytes) == head + "92000000" + configuration)
        #expect(try Self.decode(bytes) == Self.snapshot())
    }

    @Test("Position, size and checksum of the body tell one snapshot from another, and nothing else does (S1)")
    func identity() throws {
        let snapshot = try Self.snapshot()
        var same = snapshot
        same.configuration.id = LogID(term: 1, index: 1)
        #expect(same.id == snapshot.id)
        #expect(snapshot.id.description == "9@3, 73588229205 bytes")
        var others = [snapshot, snapshot, snapshot, snapshot]
        others[0].last.index = 8
        others[1].last.term = 2
        others[2].size += 1
        others[3].checksum += 1
        for other in others { #expect(other.id != snapshot.id) }
    }

    @Test("Every flipped bit is noticed, and so is what is missing or too much (D3)")
    func damage() throws {
        let bytes = try Self.snapshot().encoded()
        for position in bytes.indices {
            for bit in 0..<8 {
                var flipped = bytes
                flipped[position] ^= 1 << bit
                let error = #expect(throws: EntryError.self, "byte \(position)") { try Self.decode(flipped) }
                #expect(error?.reason == .damage)
            }
        }
        for count in bytes.indices {
            #expect(throws: EntryError.self, "cut to \(count)") { try Self.decode(Array(bytes[..<count])) }
        }
        #expect(throws: EntryError.self) { try Self.decode(bytes + [0]) }
    }

    @Test("What cannot be is refused although its checksum is right (V15)")
    func impossible() throws {
        let bound = Self.number(wireBound)
        let damaged: [(String, [(Int, [UInt8])])] = [
            ("term", [(8, bound)]), ("index", [(16, bound)]), ("size", [(24, bound)]),
            ("term of the configuration", [(40, bound)]), ("index of the configuration", [(48, bound)]),
            ("position zero", [(16, Self.number(0)), (48, Self.number(0))]),
            ("configuration of later", [(48, Self.number(10))]),
            ("length of the configuration", [(56, [0x91])]), ("no end of it", [(56, [0xFF, 0xFF, 0xFF, 0xFF])]),
            ("version of the configuration", [(60, [2])]),
        ]
        for (what, changes) in damaged {
            let bytes = try Self.sealed(changes.map { (offset: $0.0, bytes: $0.1) })
            let error = #expect(throws: EntryError.self, "\(what)") { try Self.decode(bytes) }
            #expect(error?.reason == .damage, "\(what)")
        }
        // The largest that can be.
        let largest = Self.number(wireBound - 1)
        #expect(try Self.decode(Self.sealed([(8, largest), (16, largest), (24, largest)])).size == wireBound - 1)
        var empty = try Self.snapshot()
        empty.configuration.membership = Membership()
        #expect(throws: EntryError.self) { try Self.decode(empty.encoded()) }
    }

    @Test("A newer version is said to be one, not damage (L13)")
    func newerVersion() throws {
        for version in [2, 257] as [UInt64] {
            let bytes = try Self.sealed([(0, Array(Self.number(version).prefix(4)))])
            let error = #expect(throws: EntryError.self) { try Self.decode(bytes) }
            #expect(error?.reason == .future)
        }
    }
}
