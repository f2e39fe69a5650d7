import Foundation
import RaftNode
import Testing

@Suite("Spans from files are shown as trees, whatever is in the files")
struct SpanTreeTests {
    private func read(_ text: String) throws -> (spans: [WrittenSpan], unreadable: Int) {
        let path = FileManager.default.temporaryDirectory.appending(path: "tree-\(UInt64.random(in: 0 ... .max))").path
        defer { try? FileManager.default.removeItem(atPath: path) }
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try WrittenSpan.read(path)
    }

    private func line(_ span: String, _ parent: String?, _ name: String, _ start: String, _ end: String) -> String {
        let parent = parent.map { #","parentSpanId":"\#($0)""# } ?? ""
        return #"{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},"#
            + #""scopeSpans":[{"spans":[{"traceId":"t","spanId":"\#(span)"\#(parent),"name":"\#(name)","#
            + #""startTimeUnixNano":\#(start),"endTimeUnixNano":\#(end)}]}]}]}"# + "\n"
    }

    @Test("Children stand under their parents, in the order in which they began")
    func tree() throws {
        let (spans, unreadable) = try read(
            line("3", "1", "c", #""5000""#, #""5100""#) + line("2", "1", "b", #""4000""#, #""9950""#)
                + line("4", "2", "d", "6000", "6500") + line("1", nil, "a", #""1000""#, #""10000""#))
        #expect(unreadable == 0)
        #expect(
            SpanTree.all(of: spans).map(\.description) == [
                """
                trace t, 4 spans
                       0.0        9.0 µs  s  a
                       3.0        6.0 µs  s    b
                       5.0        0.5 µs  s      d
                       4.0        0.1 µs  s    c

                """
            ])
    }

    @Test("Torn lines are left out and counted; a file of nothing else is refused")
    func torn() throws {
        let whole = line("1", nil, "a", "1", "2")
        let (spans, unreadable) = try read(whole.dropLast(20) + "\n" + whole)
        #expect(spans.count == 1 && unreadable == 1)
        #expect(throws: SpanReadingError.self) { try read("{\n") }
        #expect(try read("").spans.isEmpty)
    }

    @Test(
        "Times that end before they begin, ends of all bits, circles, long chains and control characters harm nothing")
    func hostile() throws {
        var text = line("a", "b", "in a circle", "1", "2") + line("b", "a", "in a circle", "1", "2")
        text += line("r", nil, #"x\u001b[2Jy\nz"#, "0", #""18446744073709551615""#) + line("q", "q", "self", "9", "3")
        for number in 0..<20_000 {
            text += line("\(number)", number == 0 ? nil : "\(number - 1)", "chain", "\(number)", "\(number)")
        }
        let (spans, unreadable) = try read(text)
        #expect(unreadable == 0 && spans.count == 20_004)
        let tree = try #require(SpanTree.all(of: spans).first).description
        #expect(tree.split(separator: "\n").count == 1 + 20_002)
        #expect(!tree.contains("\u{1b}") && tree.contains("x [2Jy z") && !tree.contains("circle"))
    }
}
