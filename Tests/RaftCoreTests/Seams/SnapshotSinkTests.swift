import RaftCore
import Testing

@Suite("The sink of a snapshot")
struct SnapshotSinkTests {
    struct Full: Error {}

    @Test("Whatever is written arrives in order, in pieces that were gathered", arguments: [1, 2, 3, 16, 1000])
    func pieces(_ pieceSize: Int) throws {
        var random = RandomNumbers(seed: UInt64(pieceSize))
        var (wanted, got, large) = ([] as [UInt8], [] as [UInt8], 0)
        let sink = SnapshotSink(pieceSize: pieceSize) { piece in
            #expect(!piece.isEmpty)
            if piece.count > pieceSize { large += 1 }
            got.append(contentsOf: piece)
        }
        var written = 0
        for _ in 0..<300 {
            let bytes = (0..<random.next(in: 0...40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            wanted += bytes
            if bytes.count > pieceSize { written += 1 }
            try sink.write(bytes)
            #expect(wanted.starts(with: got) && wanted.count - got.count <= pieceSize)
        }
        try sink.flush()
        try sink.flush()
        #expect(got == wanted)
        #expect(large == written, "only what is larger than a piece is handed on as it is")
    }

    @Test("Numbers are little-endian")
    func numbers() throws {
        var got: [UInt8] = []
        let sink = SnapshotSink { got.append(contentsOf: $0) }
        try sink.write(1 as UInt8)
        try sink.write(-2 as Int16)
        try sink.write(0x0102_0304 as UInt32)
        try sink.write(0x0102_0304_0506_0708 as UInt64)
        #expect(got.isEmpty, "nothing is handed on before it is due")
        try sink.flush()
        #expect(got == [1, 0xFE, 0xFF, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1])
    }

    @Test("A sink that has failed takes nothing more and says so at every call")
    func failing() throws {
        var (calls, got) = (0, [] as [UInt8])
        let sink = SnapshotSink(pieceSize: 4) { piece in
            calls += 1
            if calls == 2 { throw Full() }
            got.append(contentsOf: piece)
        }
        try sink.write([1, 2, 3, 4])
        try sink.write([5, 6, 7])
        #expect(throws: Full.self) { try sink.write([8, 9]) }
        #expect(throws: Full.self) { try sink.write([10]) }
        #expect(throws: Full.self) { try sink.write([UInt8](repeating: 11, count: 9)) }
        #expect(throws: Full.self) { try sink.flush() }
        #expect(calls == 2)
        #expect(got == [1, 2, 3, 4])
    }
}
