public import Foundation

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
            if let traces = try? decoder.decode(Traces.self, from: Data(line)) {
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

// What is read of `trace.proto`: numbers of 64 bits are strings in its JSON, and readers take numbers too.
private struct Traces: Decodable {
    struct ResourceSpans: Decodable {
        var resource: Resource?
        var scopeSpans: [ScopeSpans]?
    }
    struct Resource: Decodable { var attributes: [Attribute]? }
    struct ScopeSpans: Decodable { var spans: [Span]? }
    struct Span: Decodable {
        var traceId: String
        var spanId: String
        var parentSpanId: String?
        var name: String?
        var startTimeUnixNano: Number?
        var endTimeUnixNano: Number?
        var attributes: [Attribute]?
        var links: [Link]?
        var status: Status?
    }
    struct Link: Decodable { var traceId: String? }
    struct Status: Decodable {
        var code: Int?
        var message: String?
    }
    struct Number: Decodable {
        var text: String
        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self.text = text
            } else if let whole = try? container.decode(UInt64.self) {
                text = "\(whole)"
            } else {
                text = "\(try container.decode(Double.self))"
            }
        }
    }
    struct Attribute: Decodable {
        struct Value: Decodable {
            var stringValue: String?
            var intValue: Number?
            var doubleValue: Number?
            var boolValue: Bool?
        }
        var key: String
        var value: Value?

        var text: String {
            value?.stringValue ?? value?.intValue?.text ?? value?.doubleValue?.text ?? value?.boolValue.map { "\($0)" }
                ?? ""
        }
    }

    var resourceSpans: [ResourceSpans]

    var spans: [WrittenSpan] {
        resourceSpans.flatMap { group in
            let resource = group.resource?.attributes ?? []
            let service = ["service.name", "service.instance.id"]
                .compactMap { key in resource.first { $0.key == key }?.text }.joined(separator: " ")
            return (group.scopeSpans ?? []).flatMap { $0.spans ?? [] }.map { WrittenSpan($0, of: service) }
        }
    }
}

extension WrittenSpan {
    fileprivate init(_ span: Traces.Span, of service: String) {
        trace = span.traceId
        self.span = span.spanId
        parent = span.parentSpanId
        name = span.name ?? ""
        self.service = service
        start = span.startTimeUnixNano.flatMap { UInt64($0.text) } ?? 0
        end = span.endTimeUnixNano.flatMap { UInt64($0.text) } ?? 0
        fields = (span.attributes ?? []).filter { $0.key != "raft.node" && $0.key != "raft.cluster" }
            .map { "\($0.key.hasPrefix("raft.") ? String($0.key.dropFirst(5)) : $0.key)=\($0.text)" }
        links = span.links?.count ?? 0
        failure = span.status?.code == 2 ? span.status?.message ?? "failed" : nil
    }
}
