import RaftCore
import RaftMembership
import Testing

@testable import RaftTesting

/// What the model checker is made of.
@Suite("The model checker's parts")
struct ModelPartsTests {
    private func entry(_ index: LogIndex, term: Term, _ payload: UInt8 = 0) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: index)
        builder.append(.command, term: term, payload: [payload])
        return builder.finish()
    }

    @Test("Equal logs are one node, prefixes are found, and differences are told")
    func logTree() {
        var tree = LogTree()
        let one = tree.extend(.empty, by: entry(1, term: 1))
        let again = tree.extend(.empty, by: entry(1, term: 1))
        let two = tree.extend(one, by: entry(2, term: 2))
        let other = tree.extend(one, by: entry(2, term: 3))
        let otherPayload = tree.extend(one, by: entry(2, term: 2, 9))
        #expect(one == again && two != other)
        #expect(tree.isPrefix(one, of: two) && !tree.isPrefix(two, of: one) && tree.isPrefix(.empty, of: one))
        #expect(tree.prefix(of: two, through: 1) == one && tree.prefix(of: two, through: 3) == nil)
        #expect(tree.difference(one, two) == nil)
        #expect(tree.difference(two, other).map { $0.index } == 2)
        #expect(tree.difference(two, other).map { $0.isMismatch } == false)
        #expect(tree.difference(two, otherPayload).map { $0.isMismatch } == true)
        #expect(tree.describe(two) == "1 2")
        let joined = EntryBatch.joining([entry(1, term: 1), entry(2, term: 2)])
        #expect(tree.extend(.empty, by: joined) == two)
    }

    @Test("A witness's log is compared by its positions, a full member's by its bodies too (X2)")
    func copies() {
        var tree = LogTree(hasWitnesses: true)
        let whole = tree.extend(.empty, by: EntryBatch.joining([entry(1, term: 1), entry(2, term: 2)]))
        let other = tree.extend(.empty, by: EntryBatch.joining([entry(1, term: 1), entry(2, term: 2, 9)]))
        let thin = tree.extend(.empty, by: EntryBatch.joining([entry(1, term: 1), entry(2, term: 2)]).withoutBodies())
        #expect(tree.positions(of: whole) == thin && tree.positions(of: other) == thin && thin != whole)
        #expect(tree.copies(of: whole) == .bodies && tree.copies(of: thin) == .positions)
        #expect(tree.isPrefix(whole, of: thin) && tree.isPrefix(thin, of: other) && !tree.isPrefix(whole, of: other))
        #expect(tree.difference(whole, thin) == nil)
        #expect(tree.difference(whole, other).map { $0.isMismatch } == true)
        let later = tree.extend(.empty, by: EntryBatch.joining([entry(1, term: 1), entry(2, term: 3)]))
        #expect(tree.difference(thin, later).map { $0.index } == 2)
        let mixed = tree.extend(thin, by: entry(3, term: 2))
        #expect(tree.copies(of: mixed) == [.bodies, .positions])
    }

    @Test("A set of fingerprints keeps each once, zero too")
    func fingerprints() {
        var set = FingerprintSet()
        for isNew in [true, false] {
            for value in 0..<5000 as Range<UInt64> {
                let isInserted = set.insert(StableHasher.mix(value))
                #expect(isInserted == isNew)
            }
        }
        #expect(set.count == 5000)
    }

    @Test("Renamed servers give the same fingerprints in another order")
    func renaming() {
        let renaming = Renaming(nodes: 3, isReducing: true)
        #expect(renaming.count == 6)
        #expect(renaming.permutations[0] == [0, 1, 2])
        #expect(Set(renaming.permutations).count == 6)
        let one = renaming.fingerprints(content: 5, names: [0, nil, 2], slots: [7, 8, 9])
        // Servers 1 and 2 change places: in the name that points at one of them, and in what is kept for each.
        let other = renaming.fingerprints(content: 5, names: [1, nil, 2], slots: [8, 7, 9])
        #expect(one[0] != other[0])
        #expect(Set(one) == Set(other))
        #expect(Set(one) != Set(renaming.fingerprints(content: 5, names: [0, nil, 2], slots: [8, 7, 9])))
    }

    @Test("A budget fits into a word, and comes back")
    func budget() {
        let budget = ModelBudget(
            terms: 1, entries: 2, losses: 3, duplicates: 4, crashes: 5, heartbeats: 6, reads: 7, amnesias: 8,
            strangers: 31, changes: 9, transfers: 10, snapshots: 11)
        #expect(ModelBudget(packed: budget.packed) == budget)
    }
}
