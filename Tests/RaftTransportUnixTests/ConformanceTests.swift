import RaftCore
import RaftTesting
import Testing

@testable import RaftTransportUnix

@Suite("The transport on sockets keeps the promises of a transport")
struct ConformanceTests {
    enum Family: CaseIterable {
        case unix
        case tcp
    }

    /// The suite for a transport that breaks at most one rule on purpose.
    static func suite(
        _ family: Family, _ broken: MutationSwitch = MutationSwitch(),
        options: TransportConformanceOptions = TransportConformanceOptions()
    ) -> TransportConformance {
        TransportConformance(options: options) { place in
            let address =
                switch family {
                case .unix: "unix:\(place.directory)/\(place.node).sock"
                case .tcp: "tcp:127.0.0.1:\(place.port)"
                }
            var options = UnixTransportOptions()
            options.broken = broken
            return TransportSite(.unix(listeningOn: [address], options: options), at: address)
        }
    }

    @Test("It passes the conformance suite (M9, M10, N1, N2, N4)", arguments: Family.allCases)
    func conforms(family: Family) async throws {
        try await Self.suite(family).run()
    }
}
