import RaftCore

extension StateMachineTrial {
    mutating func commandCodec() throws {
        for _ in 0..<suite.options.runs {
            for command in commands() {
                let bytes: [UInt8]
                do {
                    bytes = try Machine.encode(command)
                } catch {
                    continue  // Refused before it reaches the log: that is the proposer's own error.
                }
                guard try Machine.encode(command) == bytes else {
                    throw failure("\(command) is encoded to other bytes a second time")
                }
                let decoded: Machine.Command
                do {
                    decoded = try decode(bytes, at: random.index(below: 8))
                } catch {
                    throw failure("\(command) cannot be decoded from its own bytes: \(error)")
                }
                guard try Machine.encode(decoded) == bytes else {
                    throw failure("\(command) became \(decoded) when it was encoded and decoded")
                }
            }
        }
    }

    /// Decodes from the middle of a buffer: entries in a log are not aligned.
    private func decode(_ bytes: [UInt8], at offset: Int) throws -> Machine.Command {
        let padded = [UInt8](repeating: 0xA5, count: offset) + bytes
        return try padded.withUnsafeBytes {
            try Machine.decode(UnsafeRawBufferPointer(rebasing: $0[offset...]))
        }
    }

    mutating func decoding() throws {
        var samples: [[UInt8]] = [[]]
        let encoded = commands().compactMap { try? Machine.encode($0) }
        for _ in 0..<suite.options.decodings { samples.append(spoiled(encoded)) }
        for bytes in samples {
            let first = outcome(bytes, at: 0)
            for offset in [0, 1, 2, 4, 7] where outcome(bytes, at: offset) != first {
                throw failure(
                    "decoding the same \(bytes.count) bytes had another outcome a second time: \(bytes.prefix(40))")
            }
        }
    }

    /// What came of decoding, as bytes.
    private func outcome(_ bytes: [UInt8], at offset: Int) -> Result<[UInt8], ConformanceText> {
        do {
            let command = try decode(bytes, at: offset)
            return .success((try? Machine.encode(command)) ?? [])
        } catch {
            return .failure(ConformanceText("\(error)"))
        }
    }

    /// One of some byte strings with something changed, or any bytes.
    mutating func spoiled(_ encoded: [[UInt8]]) -> [UInt8] {
        guard !encoded.isEmpty, random.chance(700) else {
            return (0..<random.index(below: 64)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        }
        var bytes = random.pick(encoded)
        switch random.index(below: 4) {
        case 0: bytes = Array(bytes.prefix(random.index(below: bytes.count + 1)))
        case 1 where !bytes.isEmpty: bytes[random.index(below: bytes.count)] ^= 1 << UInt8(random.index(below: 8))
        case 2: bytes.append(UInt8(truncatingIfNeeded: random.next()))
        default:
            guard bytes.count >= 8 else { break }
            // A length or a count, perhaps.
            let place = random.index(below: bytes.count - 3)
            for offset in 0..<4 { bytes[place + offset] = random.chance(500) ? 0xFF : 0x7F }
        }
        return bytes
    }

    mutating func queryDecoding() throws {
        guard let queries = suite.queries else { return }
        let machine = try machine(after: commands())
        for _ in 0..<suite.options.decodings {
            let bytes = spoiled(queries.queries)
            guard queries.answer(machine, bytes) == queries.answer(machine, bytes) else {
                throw failure("the same \(bytes.count) bytes of a query had another outcome a second time")
            }
        }
    }
}
