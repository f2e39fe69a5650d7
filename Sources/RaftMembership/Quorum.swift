/// The one quorum rule (rule C3): it serves elections, commitment, check-quorum and read confirmation alike.
///
/// A quorum is a majority of the voters; in a joint configuration a majority of *each* half (§6). Voters are given as
/// slots of a `Membership`; learners have slots too but never count. An empty half, which only "no configuration yet"
/// has, is never satisfied (rule M5).
public struct Quorum: Hashable, Sendable {
    /// Slots of the voters (of C-new in a joint configuration).
    public let incoming: [Int]
    /// Slots of the voters of C-old in a joint configuration.
    public let outgoing: [Int]?

    public init(incoming: [Int], outgoing: [Int]? = nil) {
        self.incoming = incoming
        self.outgoing = outgoing
    }

    /// Whether the voters for whom `agrees` holds form a quorum.
    @inlinable
    public func isSatisfied(by agrees: (_ slot: Int) -> Bool) -> Bool {
        guard Self.majority(of: incoming, agrees) else { return false }
        guard let outgoing else { return true }
        return Self.majority(of: outgoing, agrees)
    }

    /// The greatest value that a quorum has reached: for match indices, what is stored on a quorum (§5.3, §5.4).
    /// `lowest` when no quorum can reach anything.
    @inlinable
    public func greatestReached<Value: Comparable>(lowest: Value, _ value: (_ slot: Int) -> Value) -> Value {
        let first = Self.reached(by: incoming, lowest: lowest, value)
        guard let outgoing else { return first }
        return min(first, Self.reached(by: outgoing, lowest: lowest, value))
    }

    /// Whether the slot votes in either half.
    public func contains(_ slot: Int) -> Bool {
        incoming.contains(slot) || (outgoing?.contains(slot) ?? false)
    }

    /// Whether one voter alone decides.
    public var isSingle: Bool {
        incoming.count == 1 && (outgoing == nil || outgoing == incoming)
    }

    @inlinable
    static func majority(of half: [Int], _ agrees: (Int) -> Bool) -> Bool {
        var count = 0
        for slot in half where agrees(slot) { count += 1 }
        return count > half.count / 2
    }

    /// The value that exactly a majority of `half` has reached. Quadratic in the number of voters and free of
    /// allocation: halves hold up to nine or so.
    @inlinable
    static func reached<Value: Comparable>(by half: [Int], lowest: Value, _ value: (Int) -> Value) -> Value {
        var best = lowest
        for candidate in half {
            let candidateValue = value(candidate)
            guard candidateValue > best else { continue }
            var count = 0
            for slot in half where value(slot) >= candidateValue { count += 1 }
            if count > half.count / 2 { best = candidateValue }
        }
        return best
    }
}
