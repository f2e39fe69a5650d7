import Glibc

/// Files of hexadecimal digits beside the tests: spaces and ends of lines do not count, `#` begins a comment.
enum GoldenFile {
    struct Unreadable: Error, CustomStringConvertible {
        let description: String
    }

    static func read(_ name: String) throws -> [UInt8] {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        let path = "/\(folder)/Golden/\(name).hex"
        guard let stream = fopen(path, "r") else { throw Unreadable(description: "\(path) cannot be opened") }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&chunk, 1, chunk.count, stream), count > 0 { bytes += chunk[..<count] }
        let digits = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .map { $0.prefix { $0 != "#" } }.joined().filter { !$0.isWhitespace }
        guard digits.count.isMultiple(of: 2) else { throw Unreadable(description: "\(path) holds half a byte") }
        var result: [UInt8] = []
        var rest = digits[...]
        while !rest.isEmpty {
            guard let byte = UInt8(rest.prefix(2), radix: 16) else {
                throw Unreadable(description: "\(path) holds \(rest.prefix(2))")
            }
            result.append(byte)
            rest = rest.dropFirst(2)
        }
        return result
    }
}
