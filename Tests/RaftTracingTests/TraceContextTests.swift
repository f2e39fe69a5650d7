import RaftTracing
import Testing

@Suite("Trace contexts are those of the W3C")
struct TraceContextTests {
    /// The example of the standard.
    private static let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    @Test("A traceparent is read, and written as it was")
    func example() throws {
        let context = try #require(TraceContext(traceparent: Self.text))
        #expect(context.traceHigh == 0x4bf9_2f35_77b3_4da6 && context.traceLow == 0xa3ce_929d_0e0e_4736)
        #expect(context.span == 0x00f0_67aa_0ba9_02b7 && context.isSampled)
        #expect(context.traceparent == Self.text && "\(context)" == Self.text)
        #expect(context.traceID == "4bf92f3577b34da6a3ce929d0e0e4736" && context.spanID == "00f067aa0ba902b7")
        let unsampled = try #require(TraceContext(traceparent: Self.text.dropLast(2) + "00"))
        #expect(!unsampled.isSampled && unsampled.traceparent.hasSuffix("-00"))
        // Other flags say nothing of sampling.
        #expect(TraceContext(traceparent: Self.text.dropLast(2) + "ff")?.isSampled == true)
        #expect(TraceContext(traceparent: Self.text.dropLast(2) + "fe")?.isSampled == false)
    }

    @Test("A later version may go on behind the flags; this one may not")
    func versions() {
        #expect(TraceContext(traceparent: "cc" + Self.text.dropFirst(2) + "-what-the-future-brings") != nil)
        #expect(TraceContext(traceparent: "cc" + Self.text.dropFirst(2)) != nil)
        #expect(TraceContext(traceparent: Self.text + "-more") == nil)
        #expect(TraceContext(traceparent: "cc" + Self.text.dropFirst(2) + ".more") == nil)
        #expect(TraceContext(traceparent: "ff" + Self.text.dropFirst(2)) == nil)
    }

    @Test(
        "What is no trace context is none",
        arguments: [
            "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7", "00-4bf92f3577b34da6a3ce929d0e0e4736",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e473g-00f067aa0ba902b7-01",
            "00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01",
            "0é-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ])
    func refused(text: String) { #expect(TraceContext(traceparent: text) == nil) }
}
