import RaftCore

/// What a seed makes of a simulation: the cluster, its world, and when which fault strikes.
public struct SimulationPlan: Sendable {
    public let seed: UInt64
    public var cluster: ClusterOptions
    public var clients: Int
    /// How many of them, the last ones, only read by lease: they wait for no quorum, so that they see how long a lease lasts.
    public var leaseReaders: Int
    /// Between two calls of a client, in nanoseconds.
    public var thinkTime: ClosedRange<UInt64>
    /// After some twenty calls a client rests for so many nanoseconds, once there were many, so that there are lulls;
    /// nil for never.
    public var rest: ClosedRange<UInt64>?
    /// In order of time. Leave some out to see which of them matter.
    public var faults: [PlannedFault]
    /// When trouble ends, in simulated nanoseconds, whatever was seen by then; nil to let it last until enough was seen.
    /// For narrowing a failure down.
    public var end: UInt64?
    /// More servers lose their data than a cluster can do without: only that nothing wrong is said is checked then.
    public var isOverBudget: Bool

    static let second: UInt64 = 1_000_000_000
    /// Faults are planned for so long; a run seldom needs all of it.
    static let longest = 1500 * second

    /// - Parameter options: a world to use instead of the seed's own.
    public init(seed: UInt64, options: ClusterOptions? = nil) {
        self.init(seed: seed, options: options, mayBesiege: false)
    }

    /// - Parameter mayBesiege: whether one seed in eight is about nothing but leases, and one about nothing but damaged logs:
    ///   many calls in little time, so that it takes a quick storage.
    init(seed: UInt64, options: ClusterOptions?, mayBesiege: Bool) {
        var random = SeededRandom(seed: seed ^ 0x5EED)
        self.seed = seed
        var worlds = random.fork()
        cluster = options ?? ClusterOptions(&worlds)
        clients = Int(random.next(in: 2...6))
        leaseReaders = clients > 3 ? 1 : 0
        thinkTime = random.pick([1_000_000...200_000_000, 50_000_000...600_000_000, 100_000...20_000_000])
        rest = random.pick([Self.second...6 * Self.second, 2 * Self.second...10 * Self.second])
        // Few who do not take their time anyway do without: a seed is about faults more than about calls.
        if random.chance(thinkTime.upperBound > Self.second / 2 ? 500 : 100) { rest = nil }
        let damage = random.next(in: 0...23)
        let mayDamage = cluster.isFormed && cluster.nodes - cluster.learners >= 3 && damage < 10
        isOverBudget = mayDamage && damage == 0
        let voters = cluster.nodes - cluster.learners
        var damages = mayDamage ? (isOverBudget ? voters : 4) : 0
        var pace = random.pick([
            1...6 * Self.second, Self.second / 10...2 * Self.second, Self.second...12 * Self.second,
        ])
        pace = max(pace.lowerBound, Self.second / 20)...pace.upperBound
        faults = []
        var at = random.next(in: 0...3 * Self.second)
        var everyday = FaultKind.allCases.filter {
            !$0.isDamage && !$0.isAdministration && !$0.isAgainstRepair && $0 != .rot
        }
        if !isOverBudget {
            // Who may lose more than can be made good is counted on: then who belongs stays as it is.
            cluster.spares = options?.spares ?? random.pick([0, 0, 1, 2, 3])
            if random.chance(700) {
                everyday += [.changeMembership, .changeMembership, .changeMembership, .changeMembership]
            }
            everyday += [.transfer, .stepDown, .deafTransfer]
        }
        if options == nil, cluster.isFormed, voters >= 3, !isOverBudget, seed % 8 == 5 || seed % 8 == 6 {
            cluster.witnesses = voters > 4 && seed % 8 == 6 ? 2 : 1
        }
        // Never more at once than a quorum can do without.
        if cluster.isFormed, voters >= 3 { everyday += [.rot, .rot] }
        trustClocks(&everyday)
        if mayBesiege, options == nil, seed % 4 == 3 {
            if seed % 8 == 3 {
                besiegeLeases(&random, &everyday, &pace)
            } else {
                besiegeLogs(&random, &everyday, &pace)
            }
            // Nothing else goes wrong, and nobody rests.
            damages = 0
            isOverBudget = false
            rest = nil
        }
        while at < Self.longest {
            var kind = random.pick(everyday)
            // Early, so that short runs have their share of it.
            if damages > 0, random.chance(faults.count < 8 ? 120 : 40) {
                kind = random.pick([.wipe, .rollback, .wipeWithMark, .rollbackWithMark, .rollbackWithMark])
                damages -= 1
            }
            faults.append(
                PlannedFault(
                    number: faults.count, at: at, kind: kind, node: random.index(below: cluster.servers),
                    other: random.index(below: cluster.servers),
                    span: random.pick([
                        random.next(in: 1_000_000...400_000_000), random.next(in: 100_000_000...4 * Self.second),
                    ]),
                    salt: random.next()))
            at += random.next(in: pace)
        }
    }
}

extension ClusterOptions {
    /// A world drawn at random.
    init(_ random: inout SeededRandom) {
        self.init()
        nodes = random.pick([3, 3, 3, 3, 5, 5, 4, 1, 2])
        if nodes > 3, random.chance(400) { learners = nodes - 3 }
        isFormed = learners > 0 || random.chance(700)
        loss = random.pick([0, 0, 10, 50, 150])
        duplication = random.pick([0, 20, 200])
        stragglers = random.pick([0, 20, 100])
        networkDelay = 50_000...random.pick([500_000, 5_000_000, 20_000_000])
        diskDelay = 50_000...random.pick([500_000, 5_000_000, 40_000_000])
        applyDelay = 10_000...random.pick([50_000, 5_000_000, 60_000_000])
        appliesInline = random.chance(500)
        configuration.heartbeatInterval = random.pick([30_000_000, 50_000_000, 100_000_000, 100_000_000])
        let lowest = configuration.heartbeatInterval * random.next(in: 2...5)
        configuration.electionTimeout = lowest...lowest + random.next(in: lowest / 4 + 1...lowest * 2)
        configuration.diskStall = random.pick([2_000_000_000, 1_000_000_000, 500_000_000])
        configuration.electionPriority = random.pick([10, 10, 10, 5, 0])
        if random.chance(500) {
            // Everything is scarce.
            configuration.cacheBytes = 1 << 16
            configuration.windowEntries = Int(random.next(in: 1...20))
            configuration.windowRequests = Int(random.next(in: 1...4))
            configuration.windowBytes = Int(random.next(in: 1...2000))
            configuration.maximumRequestBytes = Int(random.next(in: 1...500))
            configuration.maximumUncommittedBytes = Int(random.next(in: 1...2000))
            configuration.applyBatch = Int(random.next(in: 1...20))
            // Smaller than a user may set it, so that storage is asked.
            configuration.cacheBytes = Int(random.next(in: 1...1000))
        }
        // Drawn last, so that the rest of a world stays what it was.
        configuration.snapshotEntries = random.pick([0, 5, 20, 20, 50, 100, 300])
        configuration.snapshotBytes = random.pick([0, 0, 500, 5000])
        configuration.snapshotInterval = random.pick([0, 0, 1_000_000_000, 5_000_000_000])
        configuration.snapshotRetained = random.pick([0, 0, 3, 20, 100])
        configuration.snapshotPinned = random.pick([0, 10, 100, 1000])
        configuration.snapshotChunkBytes = random.pick([1, 7, 20, 100])
        configuration.snapshotWindow = Int(random.next(in: 1...5))
        configuration.snapshotRate = random.pick([0, 0, 0, 500, 5000])
        configuration.sessions.timeout = random.pick([3600, 3600, 20, 5, 1]) * 1_000_000_000
        configuration.sessions.sessions = random.pick([4096, 4096, 4096, 2, 1])
        configuration.sessions.results = random.pick([1024, 1024, 2, 1])
    }
}
