import RaftCore
import RaftMembership

extension StorageTrial {
    func randomHistories() throws {
        for history in 0..<options.histories {
            let trial = try StorageTrial(property, options: options, open: opener)
            trial.random = SeededRandom(seed: options.seed &+ UInt64(history) &* 7919)
            for step in 0..<options.historyLength {
                let batches = try StorageSamples.batches(
                    trial.model, snapshots: trial.storage.snapshots != nil, using: &trial.random)
                for batch in batches {
                    guard let snapshot = batch.snapshot else { continue }
                    try trial.write(snapshot, of: batch.group, asReceived: trial.random.chance(500))
                }
                try trial.commit(batches)
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
