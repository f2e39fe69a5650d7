import Tracing

/// A span that has begun. Ends once; an end after that does nothing.
public struct OpenSpan: Sendable {
    private let span: any Tracing.Span
    /// What it causes names it as the parent.
    public let context: TraceContext

    init(_ span: any Tracing.Span, _ context: TraceContext) {
        self.span = span
        self.context = context
    }

    public func set(_ fields: [TraceField]) {
        guard !fields.isEmpty else { return }
        span.updateAttributes { attributes in
            for field in fields {
                switch field.value {
                case .int(let value): attributes[field.key] = value
                case .uint(let value): attributes[field.key] = Int64(clamping: value)
                case .string(let value): attributes[field.key] = value
                case .bool(let value): attributes[field.key] = value
                }
            }
        }
    }

    /// - Parameter time: Nanoseconds since 1970.
    public func end(at time: UInt64, _ fields: [TraceField] = []) {
        set(fields)
        span.end(at: SpanInstant(time))
    }

    /// It came to nothing.
    public func fail(_ reason: String, at time: UInt64, _ fields: [TraceField] = []) {
        set(fields)
        span.setStatus(SpanStatus(code: .error, message: reason))
        span.end(at: SpanInstant(time))
    }
}

/// Nanoseconds since 1970, from the clock of whoever records.
struct SpanInstant: TracerInstant {
    let nanosecondsSinceEpoch: UInt64
    init(_ nanoseconds: UInt64) { nanosecondsSinceEpoch = nanoseconds }
    static func < (left: SpanInstant, right: SpanInstant) -> Bool {
        left.nanosecondsSinceEpoch < right.nanosecondsSinceEpoch
    }
}
