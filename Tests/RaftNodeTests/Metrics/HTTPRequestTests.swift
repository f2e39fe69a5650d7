import Testing

@testable import RaftNode

@Suite("The head of an HTTP request is read strictly, and bounded")
struct HTTPRequestTests {
    private func read(_ text: String, pieces: Int = .max) -> HTTPRequestHead.Progress {
        var head = HTTPRequestHead()
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let progress = head.append(rest.prefix(pieces))
            if progress != .incomplete { return progress }
            rest = rest.dropFirst(pieces)
        }
        return .incomplete
    }

    @Test("A request is read, in whatever pieces it comes, and no further", arguments: [1, 2, 3, 7, 1000])
    func pieces(_ size: Int) {
        let expected = HTTPRequestHead.Progress.request(HTTPRequest(method: "GET", path: "/metrics"))
        #expect(read("GET /metrics HTTP/1.1\r\nHost: a:1\r\nAccept: */*\r\n\r\nand more", pieces: size) == expected)
        #expect(read("GET /metrics?a=b#c HTTP/1.0\r\n\r\n", pieces: size) == expected)
        #expect(read("GET /metrics HTTP/1.1\r\nHost: a", pieces: size) == .incomplete)
    }

    @Test(
        "What is no request is refused",
        arguments: [
            "\r\n\r\n", "GET\r\n\r\n", "GET /metrics\r\n\r\n", "GET  /metrics HTTP/1.1\r\n\r\n",
            "get /metrics HTTP/1.1\r\n\r\n", "GET metrics HTTP/1.1\r\n\r\n", "GET /metrics HTTP/1.1 \r\n\r\n",
            "GET /metrics SMTP\r\n\r\n", "GET /metrics HTTP/1.1\r\nno field\r\n\r\n",
            "GET /metrics HTTP/1.1\r\n: no name\r\n\r\n", "GET /metrics HTTP/1.1\r\nA: b\r\n folded\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nA b: c\r\n\r\n", "GET /metrics HTTP/1.1\nHost: a\r\n\r\n",
            "GET /metrics HTTP/1.1\r\nA: b\0\r\n\r\n", "GET /metrics HTTP/1.1\r\nA: b\rc\r\n\r\n",
            "GET http://a/metrics HTTP/1.1\r\n\r\n",
        ])
    func malformed(_ text: String) {
        #expect(read(text) == .refused(.badRequest))
        #expect(read(text, pieces: 1) == .refused(.badRequest))
    }

    @Test("Another version of the protocol is told apart")
    func version() {
        #expect(read("GET /metrics HTTP/2.0\r\n\r\n") == .refused(.versionNotSupported))
    }

    @Test("A head of 8 KiB is read, and one byte more is not, however it comes", arguments: [1, 1000, .max])
    func size(_ pieces: Int) {
        let start = "GET /metrics HTTP/1.1\r\nA: "
        let room = HTTPRequestHead.maximumBytes - start.utf8.count
        let fits = read(start + String(repeating: "x", count: room) + "\r\n\r\n", pieces: pieces)
        #expect(fits == .request(HTTPRequest(method: "GET", path: "/metrics")))
        let exceeds = read(start + String(repeating: "x", count: room + 1) + "\r\n\r\n", pieces: pieces)
        #expect(exceeds == .refused(.headTooLarge))
        #expect(read(String(repeating: "x", count: 1 << 20), pieces: pieces) == .refused(.headTooLarge))
    }

    @Test("A response says how long it is, and that it is the last one")
    func response() {
        let lines = HTTPStatus.methodNotAllowed.response("é").split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.first == "HTTP/1.1 405 Method Not Allowed" && lines.last == "é")
        #expect(lines.contains("Content-Length: 2") && lines.contains("Connection: close"))
        #expect(lines.contains("Allow: GET, HEAD"))
        #expect(HTTPStatus.ok.response("abc", includesBody: false).hasSuffix("close\r\n\r\n"))
    }
}
