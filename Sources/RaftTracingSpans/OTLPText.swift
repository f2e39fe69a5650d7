import RaftTracing

/// Spans in OTLP's JSON encoding: a `TracesData` on one line (opentelemetry-proto, `trace.proto`; ids are hexadecimal and
/// numbers of 64 bits strings there).
enum OTLPText {
    static func line(_ spans: some Collection<FinishedSpan>, resource: [TraceField]) -> [UInt8] {
        var text = Text()
        text.bytes.reserveCapacity(512 * spans.count + 256)
        text.add("{\"resourceSpans\":[{\"resource\":{\"attributes\":")
        text.add(resource)
        text.add("},\"scopeSpans\":[{\"scope\":{\"name\":\"swift-raft\"},\"spans\":[")
        for (position, span) in spans.enumerated() {
            if position > 0 { text.add(",") }
            text.add(span)
        }
        text.add("]}]}]}\n")
        return text.bytes
    }

    private struct Text {
        var bytes: [UInt8] = []

        mutating func add(_ plain: String) { bytes.append(contentsOf: plain.utf8) }

        mutating func add(_ span: FinishedSpan) {
            add("{\"traceId\":\"\(span.context.traceID)\",\"spanId\":\"\(span.context.spanID)\"")
            if let parent = span.parent, let context = span.context.with(span: parent) {
                add(",\"parentSpanId\":\"\(context.spanID)\"")
            }
            // Bit 0: sampled.
            add(",\"flags\":1,\"name\":")
            addQuoted(span.name)
            add(",\"kind\":\(span.role.number),\"startTimeUnixNano\":\"\(span.start)\"")
            add(",\"endTimeUnixNano\":\"\(span.end)\",\"attributes\":")
            add(span.fields)
            if !span.links.isEmpty {
                add(",\"links\":[")
                for (position, link) in span.links.enumerated() {
                    if position > 0 { add(",") }
                    add("{\"traceId\":\"\(link.traceID)\",\"spanId\":\"\(link.spanID)\"}")
                }
                add("]")
            }
            if let failure = span.failure {
                add(",\"status\":{\"code\":2,\"message\":")
                addQuoted(failure)
                add("}}")
            } else {
                add(",\"status\":{}}")
            }
        }

        mutating func add(_ fields: [TraceField]) {
            add("[")
            for (position, field) in fields.enumerated() {
                if position > 0 { add(",") }
                add("{\"key\":")
                addQuoted(field.key)
                add(",\"value\":{")
                switch field.value {
                case .int(let value): add("\"intValue\":\"\(value)\"")
                case .uint(let value): add("\"intValue\":\"\(Int64(clamping: value))\"")
                case .bool(let value): add("\"boolValue\":\(value)")
                case .string(let value):
                    add("\"stringValue\":")
                    addQuoted(value)
                }
                add("}}")
            }
            add("]")
        }

        mutating func addQuoted(_ text: String) {
            add("\"")
            EscapedText.append(text, .json, to: &bytes)
            add("\"")
        }
    }
}

extension SpanName.Role {
    /// `SpanKind` of `trace.proto`.
    fileprivate var number: Int {
        switch self {
        case .internal: 1
        case .server: 2
        case .client: 3
        }
    }
}
