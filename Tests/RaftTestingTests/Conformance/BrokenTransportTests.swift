import RaftCore
import RaftMemory
import RaftTesting
import Testing

@Suite("The conformance suite of transports", .serialized)
struct BrokenTransportTests {
    /// Each broken transport, and the promise that it does not keep.
    static let table: [(TransportFault, ConformanceProperty)] = [
        (.connectedNotTold, .connectedTold),
        (.addressesNotTold, .connectedTold),
        (.repliesChanged, .intact),
        (.extensionOfBatchLost, .intact),
        (.urgentReordered, .inOrder),
        (.doubled, .inOrder),
        (.oneDirectionOnly, .bothDirections),
        (.largeDropped, .largeMessages),
        (.firstPeerFlushedOnly, .flush),
        (.noWayBack, .wayBack),
        (.addresseeNotChecked, .addressee),
        (.senderNotChecked, .sender),
        (.clusterNameNotChecked, .clusterName),
        (.clusterIdentityNotChecked, .clusterIdentity),
        (.everythingBeforeFormation, .formationOnly),
        (.lifeNotTold, .objections),
        (.objectionsIgnored, .objections),
        (.disconnectedNotTold, .disconnectedTold),
        (.namesNeverFoundAgain, .reconnects),
        (.keepsForAbsentPeers, .absentPeers),
        (.peersNeverRemoved, .updatePeers),
        (.identityKept, .updateIdentity),
        (.addressTaken, .addressInUse),
        (.tellsAfterShutdown, .shutdown),
    ]

    private static func suite(_ fault: TransportFault?) -> TransportConformance {
        let network = ToyNetwork(fault: fault)
        var options = TransportConformanceOptions()
        options.queueBytes = 4 << 20
        options.maximumMessageBytes = 1 << 20
        options.messages = 500
        // A broken one is waited for that long.
        options.patience = fault == nil ? .seconds(20) : .milliseconds(500)
        return TransportConformance(options: options) { place in
            TransportSite(network.site(place.name), at: place.name)
        }
    }

    @Test("A transport that keeps every promise passes")
    func rightOne() async throws {
        try await Self.suite(nil).run()
    }

    @Test("A broken transport is caught by the promise it does not keep", arguments: table)
    func brokenOne(fault: TransportFault, property: ConformanceProperty) async throws {
        let failure = await #expect(throws: ConformanceFailure.self) { try await Self.suite(fault).run() }
        #expect(failure?.property == property, "\(failure.map(\.description) ?? "nothing was found")")
        #expect(failure?.message.contains("\n") == false)
    }

    @Test("The table of broken transports has every fault there is")
    func tableIsWhole() {
        #expect(Set(Self.table.map(\.0)) == Set(TransportFault.allCases))
    }

    @Test("The transport within a process passes")
    func memory() async throws {
        let network = MemoryNetwork()
        try await TransportConformance { place in
            TransportSite(.memory(place.name, on: network), at: "memory:\(place.name)")
        }.run()
    }
}
