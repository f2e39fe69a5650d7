import NIOPosix
import RaftCore
import RaftTracing
import Testing

@testable import RaftMetricsExport
@testable import RaftNode

@Suite("Metrics are served over HTTP", .timeLimit(.minutes(1)), .serialized)
struct MetricsServerTests {
    private static let get = "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"

    /// A server whose node always says the same.
    private func withServer(
        _ limits: MetricsLimits = MetricsLimits(), at text: String? = nil,
        ask: (@Sendable (@escaping @Sendable (MetricReport) -> Void) -> Void)? = nil,
        _ body: (RaftAddress) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let server = MetricsServer(
                eventLoop: MultiThreadedEventLoopGroup.singleton.next(), limits: limits, tracer: .silent,
                ask: ask
                    ?? { completion in
                        var report = MetricReport()
                        report.add(.term, 7)
                        completion(report)
                    })
            let address = try RaftAddress(text ?? "unix:\(directory)/m.sock")
            let bound = try await server.start(listening: [address])
            try await body(bound[0])
            await server.shutdown()
            #expect(throws: TransportError.self) { try PlainSocket(bound[0]) }
        }
    }

    @Test("GET /metrics is answered, over TCP and a Unix domain socket", arguments: [nil, "tcp:127.0.0.1:0"])
    func served(_ address: String?) async throws {
        try await withServer(at: address) { address in
            for finishing in [false, true] {
                let answer = try #require(try PlainSocket.ask(Self.get, at: address, finishing: finishing))
                #expect(answer.head.hasPrefix("HTTP/1.1 200 OK\r\n"))
                #expect(answer.head.contains("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
                #expect(answer.head.contains("\r\nContent-Length: \(answer.body.utf8.count)\r\n"))
                #expect(answer.body.hasSuffix("\nraft_term 7\n"))
            }
            let head = try #require(try PlainSocket.ask("HEAD /metrics HTTP/1.1\r\n\r\n", at: address))
            #expect(head.head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.body.isEmpty)
        }
    }

    @Test(
        "Anything else is refused, and says how",
        arguments: [
            ("GET / HTTP/1.1\r\n\r\n", 404), ("POST /other HTTP/1.1\r\n\r\n", 404),
            ("POST /metrics HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", 405),
            ("DELETE /metrics HTTP/1.0\r\n\r\n", 405),
            ("hello\r\n\r\n", 400), ("GET /metrics HTTP/3.0\r\n\r\n", 505),
            ("GET /metrics HTTP/1.1\r\nA: " + String(repeating: "x", count: 100_000), 431),
        ])
    func refused(_ request: String, _ code: Int) async throws {
        try await withServer { address in
            let answer = try #require(try PlainSocket.ask(request, at: address))
            #expect(answer.head.hasPrefix("HTTP/1.1 \(code) "), "\(answer.head)")
            #expect(answer.head.contains("\r\nAllow: GET, HEAD\r\n") == (code == 405))
        }
    }

    @Test("Who says nothing in time is told so, and who leaves before the end of the request is forgotten")
    func late() async throws {
        var limits = MetricsLimits()
        limits.requestTimeout = .milliseconds(50)
        try await withServer(limits) { address in
            let answer = try #require(try PlainSocket.ask("GET /met", at: address))
            #expect(answer.head.hasPrefix("HTTP/1.1 408 "))
        }
        try await withServer { address in
            let quick = try PlainSocket(address)
            quick.send("GET /met")
            quick.finish()
            #expect(quick.readAll() == "")
        }
    }

    @Test("A node that does not answer holds a connection up for a bounded time")
    func silent() async throws {
        var limits = MetricsLimits()
        limits.answerTimeout = .milliseconds(50)
        try await withServer(limits, ask: { _ in }) { address in
            let connection = try PlainSocket(address)
            connection.send(Self.get)
            #expect(connection.readAll() == "")
        }
    }

    @Test("One connection more than allowed is answered 503, and others go on")
    func full() async throws {
        var limits = MetricsLimits()
        limits.maximumConnections = 2
        try await withServer(limits) { address in
            // Whichever is accepted third.
            let connections = try (0..<3).map { _ in try PlainSocket(address) }
            let extra = try #require(connections[2].readAll())
            #expect(extra.hasPrefix("HTTP/1.1 503 "))
            connections[0].send(Self.get)
            #expect(connections[0].readAll()?.hasPrefix("HTTP/1.1 200 ") == true)
            connections[1].send(Self.get)
            #expect(connections[1].readAll()?.hasPrefix("HTTP/1.1 200 ") == true)
        }
    }

    @Test("TCP beyond loopback is refused unless it is allowed (N3)")
    func beyondLoopback() async throws {
        for isAllowed in [false, true] {
            var limits = MetricsLimits()
            limits.allowInsecureTCP = isAllowed
            let server = MetricsServer(
                eventLoop: MultiThreadedEventLoopGroup.singleton.next(), limits: limits, tracer: .silent, ask: { _ in })
            let address = try RaftAddress("tcp:0.0.0.0:0")
            if isAllowed {
                try await server.start(listening: [address])
            } else {
                await #expect(throws: TransportError.self) { try await server.start(listening: [address]) }
            }
            await server.shutdown()
        }
    }
}
