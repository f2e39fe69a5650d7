import RaftCore
import RaftMembership
import Testing

@testable import RaftStorageLMDB

@Suite("Any history of commits leaves what a plain array would hold")
struct RandomHistoryTests {
    /// One group as an array.
    struct Model {
        var base = LogID.zero
        var entries: [EntryBatch] = []
        var hardState: HardState?

        var last: LogID { entries.last?.id(at: 0) ?? base }
    }

    @Test("Batches of every shape, restarts and crash images in between (D1, L7)", arguments: 1...6)
    func history(seed: Int) throws {
        var dice = Dice(seed: UInt64(seed))
        let place = try TemporaryDirectory()
        let options = TemporaryDirectory.options { $0.purgeStep = 7 }
        var models = [Model](repeating: Model(), count: 3)
        var storage = try place.open(options)
        for step in 0..<150 {
            var batches: [StorageBatch] = []
            for _ in 0..<Int.random(in: 1...3, using: &dice) {
                let which = Int.random(in: 0..<models.count, using: &dice)
                batches.append(batch(GroupID(rawValue: UInt32(which + 1)), &models[which], &dice))
            }
            try storage.commit(batches)
            if Int.random(in: 0..<6, using: &dice) == 0 {
                // Half of them as a killed process leaves it.
                let image = Bool.random(using: &dice) ? try place.bytes() : nil
                storage.close()
                if let image { try place.replace(with: image) }
                storage = try place.open(options)
            }
            for (which, model) in models.enumerated() {
                let group = GroupID(rawValue: UInt32(which + 1))
                let found = try storage.recover(group)
                #expect(found.hardState == model.hardState, "seed \(seed), step \(step)")
                #expect(found.terms.base == model.base && found.terms.last == model.last, "seed \(seed), step \(step)")
                guard !model.entries.isEmpty else { continue }
                let all = try storage.entries(
                    of: group, in: model.base.index.next..<model.last.index.next, maxBytes: .max)
                #expect(all == EntryBatch.joining(model.entries), "seed \(seed), step \(step)")
            }
        }
        storage.close()
        #expect(try LMDBInspection(directory: place.data).isIntact, "seed \(seed)")
    }

    /// A batch that the rules allow, applied to the model.
    private func batch(_ group: GroupID, _ model: inout Model, _ dice: inout Dice) -> StorageBatch {
        var batch = StorageBatch(group: group)
        if Int.random(in: 0..<4, using: &dice) == 0 {
            let keep = Int.random(in: 0...model.entries.count, using: &dice)
            batch.truncateAfter = model.base.index + keep
            model.entries.removeSubrange(keep...)
        }
        if Int.random(in: 0..<3, using: &dice) > 0 {
            let term = Term(model.last.term.rawValue + UInt64.random(in: 0...1, using: &dice))
            let size = Int.random(in: 0..<10, using: &dice) == 0 ? 6000 : Int.random(in: 0..<300, using: &dice)
            let count = Int.random(in: 1...20, using: &dice)
            batch.entries = commands(model.last.index.next, count, term: max(term, 1), size: size)
            for index in 0..<count {
                model.entries.append(batch.entries.slice(from: batch.entries.firstIndex + index, maxCount: 1))
            }
        }
        if Int.random(in: 0..<5, using: &dice) == 0 {
            if Int.random(in: 0..<4, using: &dice) == 0 {
                model.base = LogID(term: model.last.term.next, index: model.last.index + 5)
                model.entries = []
                batch.purgeThrough = model.base
            } else if !model.entries.isEmpty {
                let count = Int.random(in: 1...model.entries.count, using: &dice)
                model.base = model.entries[count - 1].id(at: 0)
                model.entries.removeFirst(count)
                batch.purgeThrough = model.base
            }
        }
        if Bool.random(using: &dice) {
            model.hardState = hardState(model.last.term, commitHint: model.base.index)
            batch.hardState = model.hardState
        }
        return batch
    }
}
