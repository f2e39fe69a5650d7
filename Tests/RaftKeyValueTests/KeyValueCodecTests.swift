import RaftKeyValue
import Testing

@Suite("The key-value formats")
struct KeyValueCodecTests {
    static let commands: [(KeyValueCommand, [UInt8])] = [
        (.put(key: [0x6B], value: [1, 2]), [1, 1, 1, 0, 0x6B, 2, 0, 0, 0, 1, 2]),
        (.put(key: [0x6B], value: []), [1, 1, 1, 0, 0x6B, 0, 0, 0, 0]),
        (.delete(key: [0x6B, 0]), [1, 2, 2, 0, 0x6B, 0]),
        (.compareAndSet(key: [0x6B], expected: nil, new: [9]), [1, 3, 1, 0, 0x6B, 0, 1, 0, 0, 0, 9]),
        (
            .compareAndSet(key: [0x6B], expected: [8], new: [9]),
            [1, 3, 1, 0, 0x6B, 1, 1, 0, 0, 0, 8, 1, 0, 0, 0, 9]
        ),
        (.beginRestore(0x0102), [1, 4, 2, 1, 0, 0, 0, 0, 0, 0]),
        (
            .restore(3, chunk: 5, entries: [KeyValueEntry(key: [0x6B], value: [7])]),
            [1, 5, 3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0x6B, 1, 0, 0, 0, 7]
        ),
        (
            .endRestore(3, chunks: 6, keys: 9),
            [1, 6, 3, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]
        ),
        (.abandonRestore(3), [1, 7, 3, 0, 0, 0, 0, 0, 0, 0]),
    ]
    static let outputs: [(KeyValueOutput, [UInt8])] = [
        (.ok(existed: false), [1, 1, 0]), (.ok(existed: true), [1, 1, 1]), (.notFound, [1, 2]),
        (.mismatch(current: nil), [1, 3, 0]), (.mismatch(current: [7]), [1, 3, 1, 1, 0, 0, 0, 7]),
        (.restoring(next: 258), [1, 4, 2, 1, 0, 0]), (.noRestoration, [1, 6]),
        (.restored(before: 2, after: 3), [1, 5, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]),
    ]
    static let queries: [(KeyValueQuery, [UInt8])] = [
        (.get(key: [0x6B]), [1, 1, 1, 0, 0x6B]),
        (.list(prefix: [], limit: 10, after: nil), [1, 2, 0, 0, 10, 0, 0, 0, 0]),
        (.list(prefix: [0x6B], limit: .max, after: [5]), [1, 2, 1, 0, 0x6B, 255, 255, 255, 255, 1, 1, 0, 5]),
    ]
    static let answers: [(KeyValueAnswer, [UInt8])] = [
        (.value(nil), [1, 1, 0]), (.value([7]), [1, 1, 1, 1, 0, 0, 0, 7]),
        (.entries([], more: true), [1, 2, 0, 0, 0, 0, 1]),
        (
            .entries([KeyValueEntry(key: [0x6B], value: [7]), KeyValueEntry(key: [0x6C], value: [])], more: false),
            [1, 2, 2, 0, 0, 0, 1, 0, 0x6B, 1, 0, 0, 0, 7, 1, 0, 0x6C, 0, 0, 0, 0, 0]
        ),
    ]

    @Test("Every message has the bytes the format says and comes back from them")
    func goldenBytes() throws {
        for (command, bytes) in Self.commands {
            #expect(try command.encoded() == bytes)
            #expect(try decode(bytes, KeyValueCommand.init(decoding:)) == command)
        }
        for (output, bytes) in Self.outputs {
            #expect(output.encoded() == bytes)
            #expect(try decode(bytes, KeyValueOutput.init(decoding:)) == output)
        }
        for (query, bytes) in Self.queries {
            #expect(try query.encoded() == bytes)
            #expect(try decode(bytes, KeyValueQuery.init(decoding:)) == query)
        }
        for (answer, bytes) in Self.answers {
            #expect(answer.encoded() == bytes)
            #expect(try decode(bytes, KeyValueAnswer.init(decoding:)) == answer)
        }
    }

    @Test("Keys and values at their limits pass, above they are refused with the reason")
    func limits() throws {
        let key = [UInt8](repeating: 1, count: KeyValueLimits.keyBytes)
        let value = [UInt8](repeating: 2, count: KeyValueLimits.valueBytes)
        let command = KeyValueCommand.compareAndSet(key: key, expected: value, new: value)
        #expect(try decode(command.encoded(), KeyValueCommand.init(decoding:)) == command)

        let refused: [(KeyValueCommand, KeyValueCodingError.Code)] = [
            (.put(key: [], value: []), .emptyKey), (.delete(key: []), .emptyKey),
            (.put(key: key + [1], value: []), .keyTooLong), (.delete(key: key + [1]), .keyTooLong),
            (.put(key: key, value: value + [1]), .valueTooLong),
            (.compareAndSet(key: key, expected: value + [1], new: []), .valueTooLong),
            (.compareAndSet(key: key, expected: nil, new: value + [1]), .valueTooLong),
        ]
        for (command, code) in refused {
            let error = #expect(throws: KeyValueCodingError.self) { try command.encoded() }
            #expect(error?.code == code)
        }
        #expect(throws: KeyValueCodingError.self) { try KeyValueQuery.get(key: []).encoded() }
        #expect(throws: KeyValueCodingError.self) {
            try KeyValueQuery.list(prefix: key + [1], limit: 1, after: nil).encoded()
        }
    }

    @Test(
        "Bytes over the limits, of another version or kind, or with impossible numbers are refused (V15)",
        arguments: [
            [], [1], [0, 1], [2, 1, 1, 0, 0x6B], [1, 0], [1, 9, 1, 0, 0x6B], [1, 1, 0, 0, 0, 0, 0, 0],
            [1, 2, 1, 0x10, 0x6B], [1, 1, 1, 0, 0x6B, 255, 255, 255, 255], [1, 1, 1, 0, 0x6B, 1, 0, 0x10, 0],
            [1, 3, 1, 0, 0x6B, 2, 0, 0, 0, 0], [1, 2, 0, 0, 1, 0, 0, 0, 2], [1, 2, 0, 0, 0, 255, 0],
            [1, 2, 255, 255, 255, 255, 0],
        ] as [[UInt8]])
    func malformed(_ bytes: [UInt8]) {
        for decode in Self.decoders {
            let error = #expect(throws: KeyValueCodingError.self) { try decode(bytes) }
            #expect(error?.description.contains { $0.isNewline } == false)
        }
    }

    @Test("An unknown version says so")
    func unknownVersion() {
        for decode in Self.decoders {
            let error = #expect(throws: KeyValueCodingError.self) { try decode([2, 1, 1, 0, 0x6B]) }
            #expect(error?.code == .unknownVersion)
        }
    }

    @Test("Messages that are cut short or go on are refused (V15)")
    func truncation() {
        let decoders = Self.decoders
        let samples = [
            Self.commands.map(\.1), Self.outputs.map(\.1), Self.queries.map(\.1), Self.answers.map(\.1),
        ]
        for (decode, samples) in zip(decoders, samples) {
            for bytes in samples {
                for count in 0..<bytes.count {
                    #expect(throws: KeyValueCodingError.self) { try decode([UInt8](bytes[..<count])) }
                }
                #expect(throws: KeyValueCodingError.self) { try decode(bytes + [0]) }
            }
        }
    }

    @Test("Corrupted messages decode to something or are refused, and never trap (N2)", arguments: UInt64(1)...8)
    func corruption(seed: UInt64) {
        var random = SplitMix(state: seed)
        let samples =
            Self.commands.map(\.1) + Self.outputs.map(\.1) + Self.queries.map(\.1) + Self.answers.map(\.1)
        let likely: [UInt8] = [0, 1, 2, 0x80, 0xFF]
        for _ in 0..<500 {
            for sample in samples {
                var bytes = sample
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    let position = Int.random(in: 0..<bytes.count, using: &random)
                    bytes[position] = likely.randomElement(using: &random) ?? 0
                }
                for decode in Self.decoders {
                    do {
                        try decode(bytes)
                    } catch {
                        #expect(error is KeyValueCodingError, "seed \(seed)")
                    }
                }
            }
        }
    }

    private static let decoders: [@Sendable ([UInt8]) throws -> Void] = [
        { bytes in _ = try bytes.withUnsafeBytes { try KeyValueCommand(decoding: $0) } },
        { bytes in _ = try bytes.withUnsafeBytes { try KeyValueOutput(decoding: $0) } },
        { bytes in _ = try bytes.withUnsafeBytes { try KeyValueQuery(decoding: $0) } },
        { bytes in _ = try bytes.withUnsafeBytes { try KeyValueAnswer(decoding: $0) } },
    ]

    private func decode<Message>(
        _ bytes: [UInt8], _ make: (UnsafeRawBufferPointer) throws -> Message
    ) rethrows -> Message {
        try bytes.withUnsafeBytes { try make($0) }
    }
}
