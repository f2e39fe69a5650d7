import RaftCore

// Leases rest on clocks, and what breaks them is over in a moment: some seeds are about nothing else.
extension SimulationPlan {
    /// In most seeds clocks keep their bounds, a tenth fast or slow; where they jump, no leases are granted.
    mutating func trustClocks(_ everyday: inout [FaultKind]) {
        var random = SeededRandom(seed: seed, of: .clocks)
        guard random.chance(750) else {
            cluster.configuration.leaseDrift = 100
            return
        }
        everyday.removeAll { $0 == .clockJump }
        cluster.configuration.leaseDrift = 20
        if random.chance(500) { cluster.clockDrift = 100 }
    }

    /// A quick cluster with clocks as wrong as they may be, whose leader is cut off, paused and replaced again and again.
    mutating func besiegeLeases(
        _ random: inout SeededRandom, _ everyday: inout [FaultKind], _ pace: inout ClosedRange<UInt64>
    ) {
        var options = ClusterOptions()
        options.nodes = random.pick([3, 3, 5, 4])
        options.networkDelay = 50_000...random.pick([200_000, 1_000_000, 5_000_000])
        options.diskDelay = 20_000...200_000
        options.appliesInline = random.chance(700)
        options.applyDelay = 10_000...random.pick([50_000, 60_000_000])
        options.clockDrift = 100
        options.configuration.leaseDrift = 20
        options.configuration.heartbeatInterval = 30_000_000
        let lowest = random.next(in: 100_000_000...400_000_000)
        options.configuration.electionTimeout = lowest...lowest + lowest / 4 + 1
        cluster = options
        clients = 6
        leaseReaders = 3
        thinkTime = 200_000...15_000_000
        pace = 200_000_000...1_200_000_000
        everyday = [
            .partitionLeader, .partitionLeader, .minorityLeader, .promiserRestart, .deafTransfer, .pauseLeader, .clog,
            .cutOneWay, .clockDrift, .transfer,
        ]
    }
}
