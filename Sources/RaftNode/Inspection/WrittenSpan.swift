import Foundation

/// A span as a line of OTLP's JSON has it.
public struct WrittenSpan: Hashable, Sendable {
    /// 32 hexadecimal digits.
    public var trace: String
    /// 16 hexadecimal digits.
    public var span: String
    /// Nil where the trace begins.
    public var parent: String?
    public var name: String
    /// Who recorded it: `raftd 2`.
    public var service: String
    /// Nanoseconds since 1970.
    public var start: UInt64
    public var end: UInt64
    /// Such as `index=12`, in order.
    public var fields: [String]
    /// How many other traces it belongs to.
    public var links: Int
    public var failure: String?

    /// Reads a file, line by line. A line that is none of OTLP, such as one that a full disk has torn, is left out.
    /// - Returns: also the number of such lines.
    /// - Throws: `SpanReadingError` when there is no file, or nothing but such lines.
    public static func read(_ path: String) throws -> (spans: [WrittenSpan], unreadable: Int) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SpanReadingError(message: "\(path) cannot be read")
        }
        let decoder = JSONDecoder()
        var spans: [WrittenSpan] = []
        var (readable, unreadable) = (0, 0)
        for line in data.split(separator: UInt8(ascii: "\n")) {
            if let traces = try? decoder.decode(OTLPTraces.self, from: Data(line)) {
                spans += traces.spans
                readable += 1
            } else {
                unreadable += 1
            }
        }
        guard readable > 0 || unreadable == 0 else {
            throw SpanReadingError(message: "\(path) has no line of OTLP in JSON (TracesData)")
        }
        return (spans, unreadable)
    }
}

/// Why spans cannot be shown, in one line.
public struct SpanReadingError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public var description: String { message }
    public init(message: String) { self.message = message }
}
