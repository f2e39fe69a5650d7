import NIOCore
import Testing

@testable import RaftClient

@Suite("Bytes from outside never trap, and never make the decoder keep more than a frame (N2, V15)")
struct ClientHostileInputTests {
    private static let valid: [[UInt8]] =
        Samples.requests.map { sample in Samples.bytes { ClientFrameEncoder.append(sample.request, id: 7, to: &$0) } }
        + Samples.responses.map { sample in
            Samples.bytes { ClientFrameEncoder.append(sample.response, id: 7, to: &$0) }
        } + [
            Samples.bytes { ClientFrameEncoder.append(ClientHello(maximumFrameLength: 1 << 20), to: &$0) },
            Samples.bytes { ClientFrameEncoder.append(Goodbye(.late, "late"), to: &$0) },
        ]

    private func decode(_ bytes: [UInt8], fromClient: Bool, pieces: Int = .max) throws(Goodbye) -> Int {
        var decoder = ClientFrameDecoder()
        decoder.maximumLength = 1 << 16
        var count = 0
        var rest = bytes[...]
        while !rest.isEmpty {
            decoder.append(ByteBuffer(bytes: rest.prefix(pieces)))
            rest = rest.dropFirst(pieces)
            if fromClient {
                while try decoder.nextFromClient() != nil { count += 1 }
            } else {
                while try decoder.nextFromServer() != nil { count += 1 }
            }
        }
        return count
    }

    @Test("A length of 1 GiB is refused as soon as it is there, before anything behind it is kept")
    func gigabyte() throws {
        var decoder = ClientFrameDecoder()
        decoder.maximumLength = 4 << 20
        decoder.append(ByteBuffer(bytes: [0, 0, 0, 0x40]))
        let goodbye = #expect(throws: Goodbye.self) { try decoder.nextFromClient() }
        #expect(goodbye?.reason == .tooLong)
    }

    @Test("A length below a frame's own head is refused", arguments: 0..<5 as Range<UInt8>)
    func tooShort(_ length: UInt8) throws {
        let goodbye = #expect(throws: Goodbye.self) { try decode([length, 0, 0, 0, 1, 2, 3, 4], fromClient: true) }
        #expect(goodbye?.reason == .format)
    }

    @Test("Another protocol's greeting and another version are told apart")
    func greetings() throws {
        var hello = Samples.bytes { ClientFrameEncoder.append(ClientHello(maximumFrameLength: 1 << 20), to: &$0) }
        func withBody(_ change: (inout [UInt8]) -> Void) -> [UInt8] {
            var body = Array(hello[8...])
            change(&body)
            return Frame.make(body)
        }
        #expect(throws: Goodbye(.format, "the greeting does not begin with SRFC")) {
            try decode(withBody { $0[1] = UInt8(ascii: "X") }, fromClient: true)
        }
        let version = #expect(throws: Goodbye.self) { try decode(withBody { $0[5] = 9 }, fromClient: true) }
        #expect(version?.reason == .version)
        hello[8] ^= 1
        let damaged = #expect(throws: Goodbye.self) { try decode(hello, fromClient: true) }
        #expect(damaged?.message.contains("checksum") == true)
    }

    @Test("A request of a kind to come is handed over as unsupported; other unknown kinds end the connection")
    func kinds() throws {
        var decoder = ClientFrameDecoder()
        decoder.append(ByteBuffer(bytes: Frame.make([0x3F] + [9, 0, 0, 0, 0, 0, 0, 0] + [1, 2, 3])))
        #expect(try decoder.nextFromClient() == .request(9, ClientRequest(.unsupported(0x3F))))
        #expect(throws: Goodbye.self) { try decode(Frame.make([0x77] + [9, 0, 0, 0, 0, 0, 0, 0]), fromClient: true) }
        #expect(throws: Goodbye.self) { try decode(Frame.make([0x77] + [9, 0, 0, 0, 0, 0, 0, 0]), fromClient: false) }
    }

    @Test("Frames come through whole, however the bytes are cut", arguments: [1, 2, 3, 7, 64, 1000])
    func pieces(_ size: Int) throws {
        let requests = Self.valid.prefix(Samples.requests.count)
        let stream = requests.flatMap { $0 } + requests.flatMap { $0 }
        #expect(try decode(stream, fromClient: true, pieces: size) == 2 * requests.count)
    }

    @Test("Whatever is changed in a frame's body, with a checksum that fits, it is read or refused", arguments: 1...4)
    func fuzz(_ run: Int) throws {
        let seed = UInt64(run) &* 0x1234_5678_9ABC
        var random = SplitMix(state: seed)
        for _ in 0..<5000 {
            guard let frame = Self.valid.randomElement(using: &random) else { continue }
            var body = Array(frame[8...])
            for _ in 0..<Int.random(in: 1...4, using: &random) where !body.isEmpty {
                let position = Int.random(in: 0..<body.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: body[position] = UInt8.random(in: 0...255, using: &random)
                case 1: body.removeSubrange(position...)
                case 2: body.insert(UInt8.random(in: 0...255, using: &random), at: position)
                default: body[position] = [0, 1, 0x7F, 0xFF].randomElement(using: &random) ?? 0
                }
            }
            let changed = Frame.make(body)
            // Reaching the end of the loop is what is tested; what is thrown is a goodbye with a reason.
            for fromClient in [true, false] {
                do {
                    _ = try decode(changed, fromClient: fromClient)
                } catch {
                    #expect(!error.message.isEmpty, "seed \(seed), frame \(changed)")
                }
            }
        }
    }

    @Test("Random bytes are refused or waited for, never read", arguments: 1...4)
    func noise(_ run: Int) throws {
        let seed = UInt64(run) &* 0x9876_5432_1
        var random = SplitMix(state: seed)
        for _ in 0..<2000 {
            let bytes = (0..<Int.random(in: 0...64, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            let count = try? decode(bytes, fromClient: true)
            #expect(count == nil || count == 0, "seed \(seed), bytes \(bytes)")
        }
    }
}
