import RaftCore
import RaftMembership

extension StorageTrial {
    func randomHistories() throws {
        for history in 0..<options.histories {
            let trial = try StorageTrial(property, options: options, open: opener)
            trial.random = SeededRandom(seed: options.seed &+ UInt64(history) &* 7919)
            for step in 0..<options.historyLength {
                try trial.commit(try StorageSamples.batches(trial.model, using: &trial.random))
                if trial.random.chance(200) { try trial.reopen() }
                if trial.random.chance(500) { try trial.check("history \(history), step \(step)") }
            }
            try trial.reopen()
            try trial.check("at the end of history \(history)")
            trial.close()
        }
    }

    func concurrentReaders() throws {
        try ReadingBesideCommits(storage: storage, seed: options.seed).run()
    }
}
