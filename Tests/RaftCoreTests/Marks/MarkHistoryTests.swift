import RaftMembership
import RaftMemory
import Testing

@testable import RaftCore

/// Random lives of one follower: whatever the moment of a crash, nothing is missed; whatever the copy that is put back,
/// what it lacks is found (rule M10).
@Suite("Marks of random histories")
struct MarkHistoryTests {
    /// What is durable, kept without any of the types under test.
    struct Model: Hashable {
        var start: UInt64 = 0
        var term: UInt64 = 0
        var vote: UInt64?
        /// The term of each entry.
        var log: [UInt64] = []

        /// Whether this has everything that `other` has: an entry of one index and term has one history (§5.3).
        func holds(_ other: Model) -> Bool {
            guard start >= other.start, term >= other.term else { return false }
            if term == other.term, let vote = other.vote, self.vote != vote { return false }
            return log.starts(with: other.log)
        }
    }

    /// One life after another, until a number of steps was taken.
    final class Life {
        let history = MarkHistory()
        var random: RandomNumbers
        var model = Model()
        /// By image: what is durable then, and whether the mark tells all of it.
        var models: [Model] = [Model()]
        var freshSteps: Set<Int> = []
        /// The log of each term's leader. Each begins with a part of an earlier one's.
        var leaders: [UInt64: [UInt64]] = [0: []]
        var storage: MarkedStorage

        init(seed: UInt64) throws {
            random = RandomNumbers(seed: seed)
            storage = try history.open()
            try start()
        }

        /// Another process, from what is durable.
        private func start() throws {
            model = models[models.count - 1]
            storage = try history.open()
            let recovered = try storage.recover(.first)
            #expect(recovered.terms.last.index.rawValue == UInt64(model.log.count))
            model.start += 1
            try commit { _ in }
        }

        func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }
        func below(_ count: Int) -> Int { Int(random.next() % UInt64(max(1, count))) }

        var hard: HardState {
            HardState(
                cluster: TestEngine.cluster, member: Member(id: 1, incarnation: 10), startCounter: model.start,
                term: Term(model.term), votedFor: model.vote.map { Member(id: NodeID($0), incarnation: 1) })
        }

        /// Some writes as one commit.
        private func commit(_ fill: (inout [StorageBatch]) throws -> Void) throws {
            var batches: [StorageBatch] = []
            try fill(&batches)
            if batches.isEmpty || chance(30) { batches.append(StorageBatch(group: .first, hardState: hard)) }
            batches[batches.count - 1].hardState = hard
            let before = models[models.count - 1]
            // Which step of the commit brings the data is seen in the images.
            let known = history.images.count
            let data = history.last.batches
            defer { note(from: known, data, before) }
            try storage.commit(batches)
        }

        /// Marks were written, and no data.
        private func noteMarks() {
            while models.count < history.images.count { models.append(models[models.count - 1]) }
        }

        private func note(from known: Int, _ data: Int, _ before: Model) {
            for image in history.images[known...] { models.append(image.batches > data ? model : before) }
        }

        func step() throws {
            switch random.next() % 10 {
            case 0: enterTerm()
            case 1:
                guard model.vote == nil, model.term > 0 else { return }
                model.vote = 1 + random.next() % 3
                try commit { _ in }
            case 2:
                try storage.refresh()
                noteMarks()
                freshSteps.insert(models.count - 1)
            case 3:
                if chance(50) { storage.close() }
                noteMarks()
                try start()
            default: try appendSome()
            }
        }

        private func enterTerm() {
            model.term += 1
            model.vote = nil
            var log = leaders[UInt64(below(Int(model.term)))] ?? []
            log.removeLast(below(min(log.count, 4) + 1))
            log += [UInt64](repeating: model.term, count: 1 + below(4))
            leaders[model.term] = log
        }

        private func appendSome() throws {
            if leaders[model.term] == nil || model.term == 0 { enterTerm() }
            try commit { batches in
                for _ in 0...below(3) {
                    var leader = leaders[model.term] ?? []
                    if chance(50) { leader += [model.term] }
                    leaders[model.term] = leader
                    if let batch = receive(leader) { batches.append(batch) }
                }
            }
        }

        /// What a follower writes that is sent a part of the leader's log.
        private func receive(_ leader: [UInt64]) -> StorageBatch? {
            var common = 0
            while common < min(leader.count, model.log.count), leader[common] == model.log[common] { common += 1 }
            guard common < leader.count else { return nil }
            let fresh = Array(leader[common..<min(leader.count, common + 1 + below(3))])
            let isConflict = common < model.log.count
            model.log = model.log[..<common] + fresh
            return StorageBatch(
                group: .first, truncateAfter: isConflict ? LogIndex(UInt64(common)) : nil,
                entries: MarkedStorageTests.entries(fresh.map { Term($0) }, from: LogIndex(UInt64(common + 1))))
        }
    }

    @Test("A crash at any step is never taken for amnesia, and every older copy is (M10)", arguments: 1...60)
    func randomHistory(seed: Int) throws {
        let life = try Life(seed: UInt64(seed))
        for _ in 0..<60 { try life.step() }
        let images = life.history.images
        try #require(images.count == life.models.count, "seed \(seed)")

        var recovered: [RecoveredGroup] = []
        for (step, image) in images.enumerated() {
            let result = Result { try MarkHistory.open(life.history.data(image), mark: image.mark).recover(.first) }
            switch result {
            case .success(let group): recovered.append(group)
            case .failure(let error):
                Issue.record("seed \(seed): a crash after step \(step) is taken for amnesia: \(error)")
                return
            }
        }
        var found = 0
        for (step, image) in images.enumerated() {
            guard let mark = try MarkedStorageTests.mark(image) else { continue }
            for old in 0..<step where images[old].batches < image.batches {
                let isFound = mark.objection(to: recovered[old], of: 1, location: "m") != nil
                // What the mark tells of, no more: the log as far as its last entry.
                var told = life.models[step]
                told.log = Array(told.log.prefix(Int(mark.last.index.rawValue)))
                told.term = mark.term.rawValue
                told.start = mark.startCounter
                told.vote = mark.votedFor?.id.rawValue
                #expect(
                    isFound == !life.models[old].holds(told), "seed \(seed): data of step \(old), mark of step \(step)")
                if life.freshSteps.contains(step), !life.models[old].holds(life.models[step]) {
                    #expect(isFound, "seed \(seed): nothing escapes a mark that is up to date (\(old), \(step))")
                }
                if isFound { found += 1 }
            }
        }
        #expect(found > 0, "seed \(seed) shows nothing")
    }
}
