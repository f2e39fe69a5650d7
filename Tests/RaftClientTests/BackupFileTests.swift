import Glibc
import RaftCore
import RaftMembership
import Testing

@testable import RaftClient

/// Rule Q1: what is restored is what was backed up, or nothing.
@Suite("A backup file")
final class BackupFileTests {
    let path = "/tmp/raft.\(UInt64.random(in: 0...0xFF_FFFF_FFFF)).backup"

    deinit { unlink(path) }

    static let header = BackupHeader(
        snapshot: Samples.backup.snapshot, clusterName: "demo", machine: "keyvalue", node: 1, taken: 1_700_000_000_123)

    private func write(_ body: [UInt8] = Samples.backupBody, replacing: Bool = false) throws -> UInt64 {
        let writer = try BackupFileWriter(to: path, replacing: replacing)
        try writer.begin(Self.header)
        // In pieces that are no chunks.
        for first in stride(from: 0, to: body.count, by: 99_991) {
            try writer.append(Array(body[first..<min(body.count, first + 99_991)]))
        }
        return try writer.finish()
    }

    private func bytes() throws -> [UInt8] {
        let file = try BackupFile(opening: path, O_RDONLY)
        return try file.read(at: 0, count: Int(try file.size()))
    }

    private func replace(with bytes: [UInt8]) throws {
        try BackupFile(opening: path, O_WRONLY | O_CREAT | O_TRUNC).append(bytes)
    }

    private func damage(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "nothing was found"
        } catch let error as StorageError {
            return error.code == .damaged && !error.message.contains("\n") ? error.message : "\(error.code): \(error)"
        } catch {
            return "\(error)"
        }
    }

    @Test("It is the documented one, byte for byte, and is read back (Q1)")
    func golden() throws {
        let size = try write()
        let bytes = try bytes()
        let head = try GoldenFile.read("backup-header")
        #expect(bytes.count == Int(size) && bytes.starts(with: head))
        #expect(Array(bytes.suffix(8)) == (try GoldenFile.read("backup-end")))
        #expect(bytes.count == head.count + Samples.backupBody.count + 3 * 8 + 8)
        let reader = try BackupFileReader(path)
        try reader.verify()
        #expect(reader.header == Self.header && reader.fileBytes == size)
        #expect(try reader.read(at: 0, count: .max >> 1) == Samples.backupBody)
        #expect(try reader.read(at: 262_140, count: 8) == Array(Samples.backupBody[262_140..<262_148]))
        #expect(try reader.read(at: 599_999, count: 8).count == 1 && reader.read(at: 600_000, count: 1).isEmpty)
        try Self.header.snapshot.verify(reader)
    }

    @Test("A snapshot without a state is no backup, nor is one so large that no file could hold it (Q1)")
    func impossibleSizes() throws {
        for size in [0, 1 << 58, UInt64.max >> 3] {
            var header = Self.header
            header.snapshot.size = size
            if size == 0 {
                let writer = try BackupFileWriter(to: path)
                #expect(throws: StorageError.self) { try writer.begin(header) }
                writer.discard()
            }
            header.chunkBytes = 1
            try replace(with: header.encoded())
            let complaint = damage { _ = try BackupFileReader(path) }
            #expect(complaint.contains("a state of \(size) bytes is not possible"), "\(complaint)")
        }
    }

    @Test("A file that is there is left alone, unless it is to be replaced (Q1)")
    func existing() throws {
        try replace(with: [1, 2, 3])
        #expect(throws: StorageError.self) { _ = try write() }
        #expect(try bytes() == [1, 2, 3])
        _ = try write(replacing: true)
        try BackupFileReader(path).verify()
        // One that appears while another is being written stays too.
        unlink(path)
        let writer = try BackupFileWriter(to: path)
        try writer.begin(Self.header)
        try writer.append(Samples.backupBody)
        try replace(with: [4])
        #expect(throws: StorageError.self) { try writer.finish() }
        writer.discard()
        #expect(try bytes() == [4])
        #expect(access("\(path).\(getpid()).partial", F_OK) != 0)
    }

    @Test("A body that is not what was announced never becomes a file (Q1)")
    func wrongBody() throws {
        var body = Samples.backupBody
        body[300_000] ^= 1
        #expect(damage { _ = try write(body) }.contains("checksum"))
        #expect(damage { _ = try write(Array(body.dropLast())) }.contains("599999 bytes"))
        #expect(damage { _ = try write(body + [0]) }.contains("more came"))
        #expect(access(path, F_OK) != 0)
        #expect(access("\(path).\(getpid()).partial", F_OK) != 0)
    }

    @Test("Wherever it is cut short, it is refused, and the line says where (Q1)")
    func cut() throws {
        _ = try write()
        let whole = try bytes()
        for count in [0, 1, 4, 15, 16, 100, 300, 262_400, whole.count - 8, whole.count - 1] {
            try replace(with: Array(whole.prefix(count)))
            let found = damage { try BackupFileReader(path).verify() }
            #expect(
                found.contains(count < 4 ? "no backup" : "cut short: it ends at byte \(count)"), "\(count): \(found)")
        }
        try replace(with: whole + [0])
        #expect(damage { _ = try BackupFileReader(path) }.contains("1 bytes follow its end"))
    }

    @Test("Wherever a bit is flipped, it is refused, and the line says where (Q1)")
    func flipped() throws {
        _ = try write()
        let whole = try bytes()
        let head = try GoldenFile.read("backup-header").count
        let places: [(Int, String)] =
            (0..<4).map { ($0, "no backup") } + (8..<12).map { ($0, "header") } + (16..<head).map { ($0, "header") }
            + [
                (head, "chunk 1 of 3"), (head + 5, "chunk 1 of 3"), (head + 8, "chunk 1 of 3"),
                (head + 262_151, "chunk 1 of 3, between bytes \(head) and \(head + 262_151)"),
                (head + 262_152, "chunk 2 of 3"), (head + 600_023, "chunk 3 of 3"),
                (whole.count - 8, "at its end"), (whole.count - 1, "at its end"),
            ]
        for (place, words) in places {
            var bytes = whole
            bytes[place] ^= 0x10
            try replace(with: bytes)
            let found = damage { try BackupFileReader(path).verify() }
            #expect(found.contains(words), "\(place): \(found)")
        }
        for place in 12..<16 {
            var bytes = whole
            bytes[place] ^= 0x10
            try replace(with: bytes)
            #expect(damage { try BackupFileReader(path).verify() }.contains(path), "\(place)")
        }
        var later = whole
        later[4] = 2
        try replace(with: later)
        let error = #expect(throws: StorageError.self) { _ = try BackupFileReader(path) }
        #expect(error?.code == .tooNew)
    }
}
