/// All that is known of one trace, as a tree.
///
/// Each line has a span: when it began, after the trace's first, and how long it took, in microseconds; who recorded it; its
/// name and its fields. A span whose parent nobody recorded stands at the root. Clocks are those of the machines.
public struct SpanTree: Hashable, Sendable, CustomStringConvertible {
    public var trace: String
    public var spans: [WrittenSpan]

    /// The traces of these spans, the earliest first.
    public static func all(of spans: [WrittenSpan]) -> [SpanTree] {
        Dictionary(grouping: spans, by: \.trace)
            .map { SpanTree(trace: $0.key, spans: $0.value.sorted { ($0.start, $0.span) < ($1.start, $1.span) }) }
            .sorted { ($0.spans.first?.start ?? 0, $0.trace) < ($1.spans.first?.start ?? 0, $1.trace) }
    }

    public var description: String {
        let begin = spans.map(\.start).min() ?? 0
        let known = Set(spans.map(\.span))
        var children: [String: [WrittenSpan]] = [:]
        var roots: [WrittenSpan] = []
        for span in spans {
            if let parent = span.parent, parent != span.span, known.contains(parent) {
                children[parent, default: []].append(span)
            } else {
                roots.append(span)
            }
        }
        let width = spans.map(\.service.count).max() ?? 0
        var text = "trace \(trace.onOneLine), \(spans.count) spans\n"
        // Whoever wrote a circle finds what is in it nowhere, and no end is missed.
        var waiting = roots.reversed().map { (span: $0, depth: 0) }
        while let (span, depth) = waiting.popLast() {
            let service = span.service + String(repeating: " ", count: width - span.service.count)
            var line = "\(service)  " + String(repeating: "  ", count: min(depth, Self.deepest)) + span.name
            if !span.fields.isEmpty { line += " " + span.fields.joined(separator: " ") }
            if span.links > 0 { line += " (and \(span.links) other traces)" }
            if let failure = span.failure { line += " failed: \(failure)" }
            let length = span.end - min(span.start, span.end)
            // What is in a file may be anybody's.
            text += "\(Self.column(span.start - begin)) \(Self.column(length)) µs  \(line.onOneLine)\n"
            waiting += (children.removeValue(forKey: span.span) ?? []).reversed().map { ($0, depth + 1) }
        }
        return text
    }

    /// What is deeper stands as far to the right as this.
    private static let deepest = 32

    /// Microseconds with one digit behind the point, to the right.
    private static func column(_ nanoseconds: UInt64) -> String {
        let tenths = nanoseconds / 100 + (nanoseconds % 100 < 50 ? 0 : 1)
        let text = "\(tenths / 10).\(tenths % 10)"
        return String(repeating: " ", count: max(0, 10 - text.count)) + text
    }
}
