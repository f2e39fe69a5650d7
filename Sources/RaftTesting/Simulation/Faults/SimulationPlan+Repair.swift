import RaftCore

// Damaged logs come back in several writes, from leaders of several terms, and what else goes wrong just then decides whether
// anything is lost (rule D3): some seeds are about nothing else.
extension SimulationPlan {
    /// A quick cluster that writes much and elects often, whose entries rot again and again: at the end of the log more
    /// often than before it, with full disks, and with processes that die between two writes of a repair.
    mutating func besiegeLogs(
        _ random: inout SeededRandom, _ everyday: inout [FaultKind], _ pace: inout ClosedRange<UInt64>
    ) {
        var options = ClusterOptions()
        options.nodes = random.pick([3, 3, 5, 5, 4])
        options.networkDelay = 50_000...random.pick([200_000, 1_000_000, 5_000_000])
        options.diskDelay = 50_000...random.pick([500_000, 5_000_000, 20_000_000])
        options.appliesInline = random.chance(500)
        options.applyDelay = 10_000...random.pick([50_000, 5_000_000])
        options.loss = random.pick([0, 0, 20])
        options.stragglers = random.pick([0, 20, 100])
        options.configuration.heartbeatInterval = 30_000_000
        let lowest = random.next(in: 80_000_000...250_000_000)
        options.configuration.electionTimeout = lowest...lowest + lowest / 2
        options.configuration.snapshotEntries = random.pick([0, 0, 5, 20, 100])
        options.configuration.snapshotRetained = random.pick([0, 3, 20])
        options.configuration.snapshotChunkBytes = random.pick([7, 100])
        if random.chance(700) {
            // A repair takes many requests, and storage is asked for what is in none's memory.
            options.configuration.windowEntries = Int(random.next(in: 1...6))
            options.configuration.windowRequests = Int(random.next(in: 1...4))
            options.configuration.maximumRequestBytes = Int(random.pick([1, 1, 60, 300]))
            options.configuration.cacheBytes = Int(random.next(in: 1...1000))
        }
        if random.chance(150) { options.witnesses = 1 }
        cluster = options
        clients = 5
        leaseReaders = 0
        thinkTime = 1_000_000...60_000_000
        pace = 100_000_000...1_000_000_000
        everyday = [
            .rot, .rotUnnoticed, .rotUnnoticed, .rotUnderRepair, .rotUnderRepair,
            .rotStranded, .rotStranded, .rotStranded, .rotStranded, .rotStranded, .rotStranded,
            .crash, .crashAtEffect, .crashLeader, .crashAll, .partitionLeader, .fullDisk, .failingSync, .transfer,
            .compact,
        ]
    }
}
