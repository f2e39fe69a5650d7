@testable import RaftCore
import RaftMembership
import Testing

/// Rules V15, L13, D3 and N2: whatever arrives is a value or an error, never a trap.
@Suite("Bytes from outside")
struct HostileInputTests {
    /// How each format is read, with something that it reads.
    static let formats: [(name: String, bytes: [UInt8], read: @Sendable (UnsafeRawBufferPointer) throws -> Void)] = {
        var formats: [(String, [UInt8], @Sendable (UnsafeRawBufferPointer) throws -> Void)] = []
        for message in Samples.messages {
            formats.append((message.name, Samples.encode(message), { _ = try MessageCodec.decode($0) }))
        }
        formats.append(
            ("Traced", MessageCodec.encode(Samples.tracedHeartbeat).head, { _ = try MessageCodec.decode($0) }))
        formats.append(("HardState", Samples.hardState.encoded(), { _ = try HardState(decoding: $0) }))
        if let payload = try? Samples.configuration() {
            formats.append(("Configuration", MembershipCodec.encode(payload), { _ = try MembershipCodec.decode($0) }))
        }
        formats.append(
            (
                "Entries", Samples.entries.withUnsafeBytes { [UInt8]($0) },
                { _ = try EntryBatch(verifying: [UInt8]($0), firstIndex: 5, count: 2) }
            ))
        return formats
    }()

    @Test("Bytes that end early or go on too long are refused", arguments: formats.indices)
    func lengths(_ number: Int) {
        let format = Self.formats[number]
        for count in 0..<format.bytes.count {
            #expect(throws: (any Error).self, "\(format.name) cut to \(count)") {
                try format.bytes.prefix(count).withUnsafeBytes { try format.read($0) }
            }
        }
        #expect(throws: (any Error).self) { try (format.bytes + [0]).withUnsafeBytes { try format.read($0) } }
    }

    @Test("Flipped bits are refused or read as something else, and never trap", arguments: formats.indices)
    func bitFlips(_ number: Int) {
        let format = Self.formats[number]
        var random = RandomNumbers(seed: UInt64(number))
        for position in format.bytes.indices {
            for bit in 0..<8 {
                var bytes = format.bytes
                bytes[position] ^= 1 << bit
                try? bytes.withUnsafeBytes { try format.read($0) }
            }
        }
        for _ in 0..<2000 {
            var bytes = format.bytes
            for _ in 0...random.next(in: 0...6) {
                bytes[Int(random.next(in: 0...UInt64(bytes.count - 1)))] = UInt8(truncatingIfNeeded: random.next())
            }
            bytes.removeLast(Int(random.next(in: 0...UInt64(bytes.count / 2))))
            try? bytes.withUnsafeBytes { try format.read($0) }
        }
    }

    @Test("Every flipped bit of an entry or a hard state is noticed (D3)")
    func checksums() {
        for format in Self.formats where ["Entries", "HardState"].contains(format.name) {
            for position in format.bytes.indices {
                for bit in 0..<8 {
                    var bytes = format.bytes
                    bytes[position] ^= 1 << bit
                    #expect(throws: (any Error).self, "\(format.name), byte \(position)") {
                        try bytes.withUnsafeBytes { try format.read($0) }
                    }
                }
            }
        }
    }

    @Test("Terms and indices at or above 2^62 are refused, those below are not (V15)")
    func bounds() throws {
        for (value, isLegal) in [(wireBound, false), (UInt64.max, false), (wireBound - 1, true)] {
            let messages: [Message] = [
                .voteRequest(VoteRequest(term: Term(value), round: 1, isPreVote: false, last: .zero)),
                .voteRequest(
                    VoteRequest(term: 1, round: 1, isPreVote: false, last: LogID(term: Term(value), index: 1))),
                .voteRequest(
                    VoteRequest(term: 1, round: 1, isPreVote: false, last: LogID(term: 1, index: LogIndex(value)))),
                .voteReply(VoteReply(term: 1, askedTerm: Term(value), round: 1, isPreVote: true, isGranted: true)),
                .appendReply(AppendReply(term: 1, stream: 1, sequence: 1, outcome: .matched(LogIndex(value)))),
                .heartbeat(
                    Heartbeat(term: 1, stream: 1, previous: .zero, leaderCommit: LogIndex(value), round: .max)),
                .heartbeatReply(
                    HeartbeatReply(
                        term: 1, stream: 1, round: 1, hasMatch: true, accepted: LogIndex(value), matched: 0)),
            ]
            for message in messages {
                let bytes = Samples.encode(message)
                let read = try? bytes.withUnsafeBytes { try MessageCodec.decode($0) }
                #expect((read != nil) == isLegal, "\(message)")
            }
        }
    }

    @Test("A count that the bytes cannot hold reserves nothing and is refused (V15)")
    func hugeCounts() {
        let bytes = Samples.entries.withUnsafeBytes { [UInt8]($0) }
        for count in [Int.max, 1 << 40, 3, 1, 0, -1] {
            #expect(throws: EntryError.self) { try EntryBatch(verifying: bytes, firstIndex: 5, count: count) }
        }
    }

    @Test("An entry of a newer format is reported as such, not as damage (L13)")
    func futureFormat() throws {
        var bytes = Samples.encode(Samples.messages[3])
        let start = bytes.count - Samples.entries.byteCount
        bytes[start] = 2
        #expect(throws: EntryError.unknownVersion(2)) { try bytes.withUnsafeBytes { try MessageCodec.decode($0) } }
    }
}
