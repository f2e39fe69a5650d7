import Glibc

/// A file of `Golden`: bytes as hexadecimal numbers, sixteen to a line.
enum HexFile {
    static func read(_ name: String) throws -> [UInt8] {
        // The files are read where they lie, so that no resource has to be declared.
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Golden/\(name).hex"
        guard let file = fopen(path, "r") else { throw TestFailure("\(path) cannot be opened: \(errno)") }
        defer { fclose(file) }
        var text: [UInt8] = []
        var piece: [UInt8] = Array(repeating: 0, count: 4096)
        while true {
            let count = fread(&piece, 1, piece.count, file)
            if count == 0 { break }
            text += piece.prefix(count)
        }
        return try String(decoding: text, as: UTF8.self).split(whereSeparator: \.isWhitespace).map { number in
            guard let byte = UInt8(number, radix: 16) else { throw TestFailure("\(name): \(number) is no byte") }
            return byte
        }
    }
}
