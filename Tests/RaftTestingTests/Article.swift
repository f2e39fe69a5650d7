import Glibc
import Testing

/// A text of the documentation, or a source that its examples stand in.
struct Article {
    let text: String

    /// - Parameter path: from the package's directory.
    init(_ path: String) throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let file = try #require(fopen("/\(root)/\(path)", "r"), "no \(path)")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        text = String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
    }

    /// What stands in it as Swift.
    var examples: [String] {
        text.split(separator: "```swift\n").dropFirst()
            .compactMap { $0.split(separator: "\n```", maxSplits: 1).first }.map(String.init)
    }

    /// Whether `example` stands in it, indentation and empty lines aside.
    func holds(_ example: String) -> Bool {
        let (text, part) = (Self.lines(text), Self.lines(example))
        guard !part.isEmpty, part.count <= text.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }

    private static func lines(_ text: String) -> [Substring] {
        text.split(separator: "\n").map { $0.drop { $0 == " " } }.filter { !$0.isEmpty }
    }
}
