import RaftCore

/// Tests a transport plugin: what arrives, and above all what must not; connections that come and go; shutdown.
///
/// ```swift
/// try await TransportConformance { place in
///     TransportSite(.mine(listeningOn: "mine:\(place.port)"), at: "mine:\(place.port)")
/// }.run()
/// ```
///
/// The suite makes small clusters of nodes in this process, each with a transport of its own. It waits for what must come,
/// by looking again and again; nothing sleeps for a fixed time.
public struct TransportConformance: Sendable {
    public var options: TransportConformanceOptions
    let make: @Sendable (TransportPlace) throws -> TransportSite

    /// - Parameter make: gives the transport of a node; called again for the same place when the node is restarted.
    public init(
        options: TransportConformanceOptions = TransportConformanceOptions(),
        make: @escaping @Sendable (_ place: TransportPlace) throws -> TransportSite
    ) {
        self.options = options
        self.make = make
    }

    /// Checks every property, the simple ones first.
    /// - Throws: `ConformanceFailure` for the first one that does not hold.
    public func run() async throws {
        for property in Self.allProperties { try await check(property) }
    }

    /// Checks one property.
    /// - Throws: `ConformanceFailure`.
    public func check(_ property: ConformanceProperty) async throws {
        guard let row = Self.table.first(where: { $0.property == property }) else {
            throw ConformanceFailure(property, "no such property of a transport", seed: options.seed)
        }
        let trial: TransportTrial
        do {
            trial = try TransportTrial(property, options: options, make: make)
        } catch {
            throw ConformanceFailure(property, "\(error)", seed: options.seed)
        }
        do {
            try await row.check(trial)
        } catch {
            await trial.stopAll()
            throw error as? ConformanceFailure ?? trial.failure("an unexpected error came: \(error)")
        }
        await trial.stopAll()
    }

    /// Every property of transports, in the order of the checks.
    public static var allProperties: [ConformanceProperty] { table.map(\.property) }

    private struct Row: Sendable {
        var property: ConformanceProperty
        var check: @Sendable (TransportTrial) async throws -> Void

        init(_ property: ConformanceProperty, _ check: @escaping @Sendable (TransportTrial) async throws -> Void) {
            self.property = property
            self.check = check
        }
    }

    private static let table: [Row] = [
        Row(.connectedTold) { try await $0.connectedTold() },
        Row(.wayBack) { try await $0.wayBack() },
        Row(.intact) { try await $0.intact() },
        Row(.inOrder) { try await $0.inOrder() },
        Row(.bothDirections) { try await $0.bothDirections() },
        Row(.largeMessages) { try await $0.largeMessages() },
        Row(.flush) { try await $0.flush() },
        Row(.addressee) { try await $0.addressee() },
        Row(.sender) { try await $0.sender() },
        Row(.clusterName) { try await $0.clusterName() },
        Row(.clusterIdentity) { try await $0.clusterIdentity() },
        Row(.formationOnly) { try await $0.formationOnly() },
        Row(.objections) { try await $0.objections() },
        Row(.disconnectedTold) { try await $0.disconnectedTold() },
        Row(.reconnects) { try await $0.reconnects() },
        Row(.absentPeers) { try await $0.absentPeers() },
        Row(.updatePeers) { try await $0.updatePeers() },
        Row(.updateIdentity) { try await $0.updateIdentity() },
        Row(.addressInUse) { try await $0.addressInUse() },
        Row(.shutdown) { try await $0.shutdown() },
    ]
}
