import RaftCore

/// The world in which an `EngineCluster` runs. Times in nanoseconds, chances in thousandths.
struct ClusterOptions {
    var nodes = 3
    /// Begins as a cluster with its configuration committed; otherwise as pristine servers.
    var isFormed = true
    var loss: UInt64 = 0
    var duplication: UInt64 = 0
    /// How often a message takes up to a hundred times as long, and so overtakes nothing.
    var stragglers: UInt64 = 0
    var networkDelay: ClosedRange<UInt64> = 100_000...2_000_000
    var diskDelay: ClosedRange<UInt64> = 50_000...3_000_000
    /// Completions are told in any order; durable in order all the same.
    var tellsInAnyOrder = false
    var applyDelay: ClosedRange<UInt64>? = nil
    /// Between two faults, and between two calls of clients.
    var faultInterval: ClosedRange<UInt64> = 50_000_000...1_200_000_000
    var clientInterval: ClosedRange<UInt64> = 1_000_000...60_000_000
    var configuration = RaftConfiguration()

    /// What a seed makes of it.
    static func random(_ random: inout RandomNumbers) -> ClusterOptions {
        var options = ClusterOptions()
        options.nodes = [3, 3, 3, 5, 5, 1][Int(random.next(in: 0...5))]
        options.isFormed = random.next(in: 0...3) > 0
        options.loss = [0, 10, 50, 200][Int(random.next(in: 0...3))]
        options.duplication = [0, 20, 200][Int(random.next(in: 0...2))]
        options.stragglers = [0, 20, 100][Int(random.next(in: 0...2))]
        options.networkDelay = 100_000...[1_000_000, 10_000_000, 30_000_000][Int(random.next(in: 0...2))]
        options.diskDelay = 50_000...[500_000, 5_000_000, 60_000_000][Int(random.next(in: 0...2))]
        options.tellsInAnyOrder = random.next(in: 0...1) == 0
        if random.next(in: 0...2) == 0 {
            options.faultInterval = 10_000_000...350_000_000
            options.clientInterval = 500_000...20_000_000
        }
        options.applyDelay = random.next(in: 0...1) == 0 ? nil : 10_000...20_000_000
        if random.next(in: 0...1) == 0 {
            // Everything is scarce.
            options.configuration.cacheBytes = Int(random.next(in: 1...1000))
            options.configuration.windowEntries = Int(random.next(in: 1...20))
            options.configuration.windowRequests = Int(random.next(in: 1...4))
            options.configuration.windowBytes = Int(random.next(in: 1...2000))
            options.configuration.maximumRequestBytes = Int(random.next(in: 1...500))
            options.configuration.maximumUncommittedBytes = Int(random.next(in: 1...2000))
        }
        return options
    }
}
