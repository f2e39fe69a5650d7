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

    /// Reads a file, line by line.
    /// - Throws: `SpanReadingError` with the line.
    public static func read(_ path: String) throws -> [WrittenSpan] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw SpanReadingError(message: "\(path) cannot be read")
        }
        let decoder = JSONDecoder()
        var spans: [WrittenSpan] = []
        for (number, line) in data.split(separator: UInt8(ascii: "\n")).enumerated() {
            do {
                spans += try decoder.decode(Traces.self, from: Data(line)).spans
            } catch {
                throw SpanReadingError(message: "\(path): line \(number + 1) is no TracesData of OTLP in JSON")
            }
        }
        return spans
    }
}

/// Why spans cannot be shown, in one line.
public struct SpanReadingError: Error, Hashable, Sendable, CustomStringConvertible {
    public var message: String
    public var description: String { message }
    public init(message: String) { self.message = message }
}

// What is read of `trace.proto`.
private struct Traces: Decodable {
    struct ResourceSpans: Decodable {
        var resource: Resource?
        var scopeSpans: [ScopeSpans]
    }
    struct Resource: Decodable { var attributes: [Attribute]? }
    struct ScopeSpans: Decodable { var spans: [Span] }
    struct Span: Decodable {
        var traceId: String
        var spanId: String
        var parentSpanId: String?
        var name: String
        var startTimeUnixNano: String
        var endTimeUnixNano: String
        var attributes: [Attribute]?
        var links: [Link]?
        var status: Status?
    }
    struct Link: Decodable { var traceId: String }
    struct Status: Decodable {
        var code: Int?
        var message: String?
    }
    struct Attribute: Decodable {
        struct Value: Decodable {
            var stringValue: String?
            var intValue: String?
            var boolValue: Bool?
        }
        var key: String
        var value: Value

        var text: String { value.stringValue ?? value.intValue ?? value.boolValue.map { "\($0)" } ?? "" }
    }

    var resourceSpans: [ResourceSpans]

    var spans: [WrittenSpan] {
        resourceSpans.flatMap { group in
            let resource = group.resource?.attributes ?? []
            let service = ["service.name", "service.instance.id"]
                .compactMap { key in resource.first { $0.key == key }?.text }.joined(separator: " ")
            return group.scopeSpans.flatMap(\.spans).map { span in
                WrittenSpan(
                    trace: span.traceId, span: span.spanId, parent: span.parentSpanId, name: span.name,
                    service: service,
                    start: UInt64(span.startTimeUnixNano) ?? 0, end: UInt64(span.endTimeUnixNano) ?? 0,
                    fields: (span.attributes ?? []).filter { $0.key != "raft.node" && $0.key != "raft.cluster" }
                        .map { "\($0.key.hasPrefix("raft.") ? String($0.key.dropFirst(5)) : $0.key)=\($0.text)" },
                    links: span.links?.count ?? 0,
                    failure: span.status?.code == 2 ? span.status?.message ?? "failed" : nil)
            }
        }
    }
}
