import RaftCore
import RaftMembership
import Testing

/// Formats are contracts between releases: these bytes change only with a version.
@Suite("Golden bytes")
struct GoldenBytesTests {
    static let head = "01000000" + "0100000000000000" + "0a00000000000000" + "0200000000000000" + "0b00000000000000"
    static let cluster = "0807060504030201" + "100f0e0d0c0b0a09"
    static let noOp = "01010000" + "8b4ed6f4" + "0300000000000000" + "0500000000000000" + "00000000" + "00000000"
    static let command =
        "01020000" + "380e608c" + "0300000000000000" + "0600000000000000" + "00000000" + "02000000" + "aabb"

    /// What follows the head: the kind, then the fields.
    static let bodies: [String] = [
        "01" + "0300000000000000" + "0400000000000000" + "01" + "0200000000000000" + "0900000000000000"
            + "0000000000000000",
        "01" + "0300000000000000" + "0400000000000000" + "00" + "0200000000000000" + "0900000000000000"
            + "0200000000000000",
        "02" + "0300000000000000" + "0400000000000000" + "0500000000000000" + "00" + "01",
        "03" + "0300000000000000" + "06000000" + "0700000000000000" + "0200000000000000" + "0400000000000000"
            + "0100000000000000" + "02000000" + noOp + command,
        "03" + "0300000000000000" + "06000000" + "0700000000000000" + "0200000000000000" + "0400000000000000"
            + "0100000000000000" + "00000000",
        "04" + "0300000000000000" + "06000000" + "0700000000000000" + "00" + "0000000000000000" + "0800000000000000"
            + "3300000000000000",
        "04" + "0300000000000000" + "06000000" + "0700000000000000" + "01" + "0200000000000000" + "0400000000000000"
            + "0000000000000000",
        "05" + "0300000000000000" + "06000000" + "0200000000000000" + "0400000000000000" + "0100000000000000"
            + "0900000000000000",
        "06" + "0300000000000000" + "06000000" + "0900000000000000" + "01" + "0500000000000000" + "0400000000000000"
            + "4400000000000000",
        "07" + "2211000000000000",
        "08" + "2211000000000000" + "0000000000000000" + "0000000000000000",
        "08" + "2211000000000000" + cluster,
        "09" + cluster,
        "0a" + "0300000000000000" + "0200000000000000" + "0900000000000000",
        "0b" + "0200000000000000" + "0900000000000000",
        "0e" + "0300000000000000" + "0200000000000000" + "0700000000000000" + "5500000000000000",
        "0f" + "0300000000000000" + "0200000000000000" + "0700000000000000" + "5500000000000000" + "01"
            + "0900000000000000",
        "0f" + "0300000000000000" + "0200000000000000" + "0700000000000000" + "5500000000000000" + "00"
            + "0000000000000000",
        "04" + "0300000000000000" + "06000000" + "0700000000000000" + "03" + "0200000000000000" + "0400000000000000"
            + "0000000000000000",
        "06" + "0300000000000000" + "06000000" + "0900000000000000" + "03" + "0500000000000000" + "0400000000000000"
            + "4400000000000000",
    ]

    @Test("Each kind of message has the bytes that the documentation gives it", arguments: bodies.indices)
    func messages(_ number: Int) throws {
        let message = Samples.messages[number]
        let bytes = Samples.encode(message)
        #expect(Samples.hex(bytes) == Self.head + Self.bodies[number])
        #expect(try bytes.withUnsafeBytes { try MessageCodec.decode($0) } == Samples.envelope(message))
        #expect(MessageCodec.encode(Samples.envelope(message)).head.count <= MessageCodec.maximumHeadBytes)
    }

    @Test("A message that is part of a trace says so behind its kind, in the bytes that the documentation gives it")
    func traced() throws {
        let (head, entries) = MessageCodec.encode(Samples.tracedHeartbeat)
        #expect(entries.isEmpty)
        #expect(
            Samples.hex(head) == Self.head + "85" + "a64db377352ff94b" + "36470e0e9d92cea3" + "b702a90baa67f000" + "01"
                + "0300000000000000" + "06000000" + "0200000000000000" + "0400000000000000" + "0100000000000000"
                + "0900000000000000")
        #expect(try head.withUnsafeBytes { try MessageCodec.decode($0) } == Samples.tracedHeartbeat)
        // Flags that this release does not know are passed over; a trace of zeros is none.
        var later = head
        later[61] = 0xFF
        #expect(try later.withUnsafeBytes { try MessageCodec.decode($0) } == Samples.tracedHeartbeat)
        for zeros in [37..<53, 53..<61] {
            var broken = head
            for position in zeros { broken[position] = 0 }
            #expect(throws: WireError.self) { try broken.withUnsafeBytes { try MessageCodec.decode($0) } }
        }
    }

    @Test("The hard state has the bytes that the documentation gives it")
    func hardState() throws {
        let bytes = Samples.hardState.encoded()
        #expect(
            Samples.hex(bytes) == "01000000" + "06537e97" + Self.cluster + "0100000000000000" + "0a00000000000000"
                + "0200000000000000" + "0300000000000000" + "0200000000000000" + "0b00000000000000"
                + "0400000000000000" + "0500000000000000" + "0000000000000000")
        #expect(try bytes.withUnsafeBytes { try HardState(decoding: $0) } == Samples.hardState)
        let empty = HardState(member: Samples.from)
        #expect(try empty.encoded().withUnsafeBytes { try HardState(decoding: $0) } == empty)
    }

    @Test("A configuration has the bytes that the documentation gives it")
    func configuration() throws {
        let payload = try Samples.configuration()
        let bytes = MembershipCodec.encode(payload)
        let first = "0100000000000000" + "0a00000000000000" + "01" + "02" + "0100" + "61" + "0200" + "6263"
        let second = "0200000000000000" + "0b00000000000000" + "02" + "00"
        let highest =
            "0300" + "0100000000000000" + "0a00000000000000" + "0200000000000000" + "0b00000000000000"
            + "0700000000000000" + "0800000000000000"
        #expect(
            Samples.hex(bytes) == "0100" + "06000000" + Self.cluster + "0200" + first + second + "0100"
                + "0100000000000000" + "01" + "0200" + "0100000000000000" + "0200000000000000" + highest)
        #expect(try bytes.withUnsafeBytes { try MembershipCodec.decode($0) } == payload)
    }
}
