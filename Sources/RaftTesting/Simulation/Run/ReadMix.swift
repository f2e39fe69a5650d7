import RaftCore

/// How the clients of a simulation read.
enum ReadMix {
    /// - Returns: the kind of the next read, and whether any node may be asked, or only the one that is thought to lead.
    static func next(onlyByLease: Bool, using random: inout SeededRandom) -> (ReadKind, isAnywhere: Bool) {
        if onlyByLease { return (.lease, false) }
        switch random.index(below: 20) {
        case 0..<7: return (.linearizable, false)
        case 7..<14: return (.lease, false)
        case 14..<17: return (.follower, true)
        default:
            let ages: [UInt64] = [20_000_000, 100_000_000, 500_000_000, 1_000_000_000, 3_000_000_000]
            return (.stale(atMost: random.pick(ages)), true)
        }
    }
}
