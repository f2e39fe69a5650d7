/// The renamings of the servers: states that one of them turns into one another are the same state to the engine, which
/// treats members alike whatever their ids. (Only the first formation looks at ids, and a model begins after it.)
struct Renaming: Sendable {
    /// The new slot of each; the first entry is the identity.
    let permutations: [[UInt64]]

    /// - Parameter fixed: servers that are like no other.
    init(nodes: Int, isReducing: Bool, fixed: [Int] = []) {
        var all: [[UInt64]] = [[]]
        for slot in 0..<nodes {
            all = all.flatMap { shorter in
                (0...shorter.count).reversed().map { place in
                    var longer = shorter
                    longer.insert(UInt64(slot), at: place)
                    return longer
                }
            }
        }
        permutations = isReducing ? all.filter { new in fixed.allSatisfy { new[$0] == $0 } } : [all[0]]
    }

    var count: Int { permutations.count }

    /// One fingerprint for each renaming: of what names no server, of the servers named in order, and of what is kept
    /// for each server.
    func fingerprints(content: UInt64, names: [Int?], slots: [UInt64] = []) -> [UInt64] {
        permutations.map { renamed in
            var fingerprint = content
            for name in names { fingerprint = Self.mix(fingerprint ^ (name.map { renamed[$0] + 1 } ?? 0)) }
            var sum: UInt64 = 0
            for (slot, value) in slots.enumerated() { sum &+= Self.mix(value &+ (renamed[slot] + 1) << 56) }
            return Self.mix(fingerprint &+ sum)
        }
    }

    /// SplitMix64's finaliser, here so that it is inlined.
    @inline(__always)
    static func mix(_ word: UInt64) -> UInt64 {
        var mixed = word &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
