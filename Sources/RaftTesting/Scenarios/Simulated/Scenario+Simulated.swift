import RaftCore

extension Scenario {
    /// Runs it simulated, on a cluster and with a load that follow from the seed. The same seed gives the same history.
    ///
    /// - Parameter options: a world of at least three nodes to use instead of the one that the seed draws. Spares are added
    ///   when the scenario needs some.
    /// - Throws: `ScenarioFailure` with the scenario's name and the seed.
    @discardableResult
    public func simulate(seed: UInt64, options: ClusterOptions? = nil) async throws -> ScenarioReport {
        var options = options ?? .scenario(seed: seed)
        if needsSpares { options.spares = max(options.spares, options.nodes) }
        let cluster = try SimulatedScenarioCluster(seed: seed, options: options)
        return try await run(on: cluster, load: cluster.quietLoad)
    }
}

extension ClusterOptions {
    /// A world for a scenario, drawn from a seed: three nodes or five, formed already or about to be, a network that
    /// loses and doubles a message now and then and lets some overtake others, disks of different speeds. Nothing in it
    /// moves a leadership by itself.
    public static func scenario(seed: UInt64) -> ClusterOptions {
        var random = SeededRandom(seed: seed ^ 0x0D15)
        var options = ClusterOptions()
        options.nodes = random.pick([3, 3, 3, 5])
        options.isFormed = random.chance(700)
        options.loss = random.pick([0, 0, 5])
        options.duplication = random.pick([0, 20])
        options.stragglers = random.pick([0, 20])
        options.networkDelay = 50_000...random.pick([500_000, 2_000_000])
        options.diskDelay = 50_000...random.pick([500_000, 5_000_000])
        options.applyDelay = 10_000...random.pick([50_000, 2_000_000])
        options.appliesInline = random.chance(500)
        // The state is some kilobytes: one chunk or many.
        options.configuration.snapshotChunkBytes = random.pick([128, 1 << 10, 256 << 10])
        return options
    }
}
