import RaftCore
import RaftTesting
import RaftTransportUnix
import Testing

@Suite("The transport on sockets keeps the promises of a transport")
struct ConformanceTests {
    @Test("On Unix domain sockets it passes the conformance suite (M9, M10, N1, N2, N4)")
    func unix() async throws {
        try await TransportConformance { place in
            let address = "unix:\(place.directory)/\(place.node).sock"
            return TransportSite(.unix(listeningOn: address), at: address)
        }.run()
    }

    @Test("On TCP it passes the conformance suite (M9, M10, N1, N2, N4)")
    func tcp() async throws {
        try await TransportConformance { place in
            let address = "tcp:127.0.0.1:\(place.port)"
            return TransportSite(.unix(listeningOn: address), at: address)
        }.run()
    }
}
