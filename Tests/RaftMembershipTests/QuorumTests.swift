import RaftMembership
import Testing

/// Rule C3: one quorum rule, against brute force.
@Suite("Quorum")
struct QuorumTests {
    /// A generator of its own, so that a failure can be had again.
    struct Chance {
        var state: UInt64
        mutating func next(below bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int((state >> 33) % UInt64(bound))
        }
    }

    static func isMajority(_ half: [Int], _ agreeing: Set<Int>) -> Bool {
        2 * half.filter(agreeing.contains).count > half.count
    }

    /// The greatest value that both halves' majorities have reached, by trying every one.
    static func bruteForce(_ quorum: Quorum, _ values: [Int]) -> Int {
        let halves = [quorum.incoming, quorum.outgoing ?? quorum.incoming]
        return values.filter { value in
            halves.allSatisfy { half in isMajority(half, Set(half.filter { values[$0] >= value })) }
        }.max() ?? 0
    }

    @Test("A majority of a half is more than half of it, for every set of up to nine voters (C3)", arguments: 1...9)
    func majorities(_ count: Int) {
        let quorum = Quorum(incoming: Array(0..<count))
        for mask in 0..<(1 << count) {
            let agreeing = Set((0..<count).filter { mask >> $0 & 1 == 1 })
            #expect(quorum.isSatisfied { agreeing.contains($0) } == (agreeing.count > count / 2))
        }
    }

    @Test("Both halves of a joint configuration decide, and learners never do (C3)", arguments: 1...9)
    func jointMatchesBruteForce(_ size: Int) {
        var chance = Chance(state: UInt64(size))
        for _ in 0..<300 {
            // Slots of 20 servers; a learner is one that is in neither half.
            let slots = Array(0..<20)
            func half(_ count: Int) -> [Int] {
                var rest = slots
                return (0..<count).map { _ in rest.remove(at: chance.next(below: rest.count)) }.sorted()
            }
            let quorum = Quorum(
                incoming: half(size), outgoing: chance.next(below: 2) == 0 ? nil : half(1 + chance.next(below: 9)))
            let values = slots.map { _ in chance.next(below: 8) }
            let reached = quorum.greatestReached(lowest: 0) { values[$0] }
            #expect(reached == Self.bruteForce(quorum, values), "\(quorum) of \(values)")
            let agreeing = Set(slots.filter { _ in chance.next(below: 2) == 0 })
            let halves = [quorum.incoming, quorum.outgoing ?? quorum.incoming]
            #expect(
                quorum.isSatisfied { agreeing.contains($0) }
                    == halves.allSatisfy { Self.isMajority($0, agreeing) })
            for slot in slots where !quorum.contains(slot) {
                #expect(!quorum.incoming.contains(slot))
                var others = values
                others[slot] = 1_000_000
                #expect(quorum.greatestReached(lowest: 0) { others[$0] } == reached)
            }
        }
    }

    @Test("Nobody is no quorum (M5)")
    func emptyHalf() {
        #expect(!Membership().quorum.isSatisfied { _ in true })
        #expect(!Quorum(incoming: [0], outgoing: []).isSatisfied { _ in true })
        #expect(Membership().quorum.greatestReached(lowest: 0) { _ in 9 } == 0)
    }
}
