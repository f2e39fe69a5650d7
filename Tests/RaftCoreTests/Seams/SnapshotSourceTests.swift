import RaftCore
import Testing

@Suite("The source of a snapshot")
struct SnapshotSourceTests {
    /// Gives `bytes` in pieces of the sizes that `size` says, of how many were asked for.
    static func source(_ bytes: [UInt8], size: @escaping (Int) -> Int = { $0 }) -> SnapshotSource {
        var offset = 0
        return SnapshotSource(count: UInt64(bytes.count)) { count in
            let piece = bytes[offset...].prefix(size(count))
            offset += piece.count
            return Array(piece)
        }
    }

    static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 >> 8) } }

    @Test("Reads of any size give the bytes in order, whatever pieces they come in", arguments: UInt64(1)...20)
    func reads(seed: UInt64) throws {
        var random = RandomNumbers(seed: seed)
        let bytes = Self.bytes(2000)
        let piece = random.next(in: 1...(seed % 2 == 0 ? 5 : 300))
        var pieces = RandomNumbers(seed: seed)
        let source = Self.source(bytes) { min($0, Int(pieces.next(in: 1...piece))) }
        var got: [UInt8] = []
        while source.remaining > 0 {
            let count = Int(random.next(in: 0...min(source.remaining, 100)))
            if random.next(in: 0...1) == 0 {
                got += try source.read(count)
            } else {
                var buffer = [UInt8](repeating: 0, count: count)
                try buffer.withUnsafeMutableBytes { try source.read(into: $0) }
                got += buffer
            }
            #expect(source.remaining == UInt64(bytes.count - got.count))
        }
        #expect(got == bytes, "seed \(seed)")
        #expect(try source.read(0) == [])
    }

    @Test("Numbers are little-endian, also where they lie across pieces", arguments: [1, 3, 100])
    func numbers(_ piece: Int) throws {
        let source = Self.source([1, 0xFE, 0xFF, 4, 3, 2, 1, 8, 7, 6, 5, 4, 3, 2, 1]) { min($0, piece) }
        #expect(try source.read(UInt8.self) == 1)
        #expect(try source.read(Int16.self) == -2)
        #expect(try source.read(UInt32.self) == 0x0102_0304)
        #expect(try source.read(UInt64.self) == 0x0102_0304_0506_0708)
        #expect(source.remaining == 0)
        let error = #expect(throws: StorageError.self) { try source.read(UInt8.self) }
        #expect(error?.code == .damaged)
    }

    @Test("More than there is is refused, and what there is can still be read (V15)")
    func tooMuch() throws {
        let source = Self.source([1, 2, 3])
        for count in [4, .max, -1, .min] {
            let error = #expect(throws: StorageError.self) { try source.read(count) }
            #expect(error?.code == .damaged)
        }
        #expect(throws: StorageError.self) { try source.read(UInt32.self) }
        #expect(try source.read(3) == [1, 2, 3])
    }

    @Test("It never asks for more than is left, nor for much at a time, and holds a piece of more to its count")
    func asking() throws {
        var asked: [Int] = []
        let count = 600 << 10
        let source = SnapshotSource(count: UInt64(count)) { wanted in
            asked.append(wanted)
            return [UInt8](repeating: 7, count: wanted + 50)
        }
        #expect(try source.read(count) == [UInt8](repeating: 7, count: count))
        #expect(source.remaining == 0)
        #expect(asked.first == 256 << 10)
        #expect(asked.allSatisfy { (1...256 << 10).contains($0) } && asked.count == 3)
        #expect(throws: StorageError.self) { try source.read(1) }
    }

    @Test("What it reads takes no more room than it needs")
    func room() throws {
        let source = Self.source(Self.bytes(100_000)) { min($0, 1000) }
        for count in [1024, 16, 5000, 1] { #expect(try source.read(count).capacity <= count + 32) }
    }

    @Test("Bytes that do not come are damage; an error of the one who fetches is passed on")
    func missing() throws {
        let ending = SnapshotSource(count: 100) { count in count == 100 ? [1, 2] : [] }
        let error = #expect(throws: StorageError.self) { try ending.read(3) }
        #expect(error?.code == .damaged)
        let failing = SnapshotSource(count: 100) { _ in throw SnapshotSinkTests.Full() }
        #expect(throws: SnapshotSinkTests.Full.self) { try failing.read(3) }
        #expect(throws: SnapshotSinkTests.Full.self) { try failing.read(UInt16.self) }
    }
}
