/// What is read of `trace.proto`: numbers of 64 bits are strings in its JSON, and readers take numbers too.
struct OTLPTraces: Decodable {
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
    fileprivate init(_ span: OTLPTraces.Span, of service: String) {
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
