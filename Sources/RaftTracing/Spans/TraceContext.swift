/// Where in a trace something happens, as it crosses processes: W3C Trace Context, level 1.
///
/// A trace is everything that one request causes, wherever it runs; a span is a part of it with a beginning and an end. What
/// a span causes names that span as its parent.
public struct TraceContext: Hashable, Sendable {
    /// The trace's 128 bits. Never all zero.
    public let traceHigh: UInt64
    public let traceLow: UInt64
    /// The span that causes what follows. Never zero.
    public let span: UInt64
    /// Whether spans of this trace are recorded: decided once, where the trace begins.
    public let isSampled: Bool

    /// What is not recorded: told to others so that they do not begin a trace for it.
    public static let unsampled = TraceContext()

    private init() {
        (traceHigh, traceLow, span, isSampled) = (0, 1, 1, false)
    }

    /// Nil for a trace or a span of zeros, which the standard has for *none*.
    public init?(traceHigh: UInt64, traceLow: UInt64, span: UInt64, isSampled: Bool) {
        guard traceHigh | traceLow != 0, span != 0 else { return nil }
        self.traceHigh = traceHigh
        self.traceLow = traceLow
        self.span = span
        self.isSampled = isSampled
    }

    /// Reads the value of a `traceparent` header: `00-TRACE-SPAN-FLAGS`, lower-case hexadecimal.
    ///
    /// A version to come may add fields behind these; nil for anything else.
    public init?(traceparent: some StringProtocol) {
        let bytes = Array(traceparent.utf8)
        let dash = UInt8(ascii: "-")
        guard bytes.count >= 55, bytes[2] == dash, bytes[35] == dash, bytes[52] == dash,
            let version = Self.number(bytes[0..<2]), version != 0xff,
            version == 0 ? bytes.count == 55 : bytes.count == 55 || bytes[55] == dash,
            let high = Self.number(bytes[3..<19]), let low = Self.number(bytes[19..<35]),
            let span = Self.number(bytes[36..<52]), let flags = Self.number(bytes[53..<55])
        else { return nil }
        self.init(traceHigh: high, traceLow: low, span: span, isSampled: flags & 1 == 1)
    }

    /// The value of a `traceparent` header.
    public var traceparent: String { "00-\(traceID)-\(spanID)-0\(isSampled ? 1 : 0)" }

    /// The trace as 32 hexadecimal digits.
    public var traceID: String { Self.hexadecimal(traceHigh) + Self.hexadecimal(traceLow) }

    /// The span as 16 hexadecimal digits.
    public var spanID: String { Self.hexadecimal(span) }

    /// The same trace at another span; nil for none.
    public func with(span: UInt64) -> TraceContext? {
        TraceContext(traceHigh: traceHigh, traceLow: traceLow, span: span, isSampled: isSampled)
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for digit in digits {
            let value: UInt8
            switch digit {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
            default: return nil
            }
            number = number << 4 | UInt64(value)
        }
        return number
    }

    private static func hexadecimal(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

extension TraceContext: CustomStringConvertible {
    public var description: String { traceparent }
}
