import RaftCore

// What a new state is worth.
extension ModelChecker {
    mutating func noteLandmarks(_ outcome: Outcome) {
        var found = outcome.landmarks
        let (first, count) = (next.servers, next.servers.count)
        var led: UInt64 = 0
        var leaders = 0
        for slot in 0..<count {
            let one = tables.summaries[Int(first[slot])]
            led |= one.ledTerms
            if one.isLeader { leaders += 1 }
            if one.committedIndex > rootCommit { found.insert(ModelLandmarks(.commit)) }
            for other in (slot + 1)..<max(count, slot + 1) {
                if tables.logs.difference(one.memory, tables.summaries[Int(first[other])].memory) != nil {
                    found.insert(ModelLandmarks(.conflictingSuffix))
                }
            }
        }
        if led.nonzeroBitCount > 1 { found.insert(ModelLandmarks(.twoElections)) }
        if tables.logs.hasWitnesses, isCommittedByWitness(next) { found.insert(ModelLandmarks(.witnessCommit)) }
        if leaders > 1 { found.insert(ModelLandmarks(.twoLeaders)) }
        if found.contains(ModelLandmarks(.repair)), let slot = outcome.slot, !agreesWithLeader(slot) {
            found.remove(ModelLandmarks(.repair))
        }
        for landmark in ModelLandmark.allCases where found.contains(ModelLandmarks(landmark)) {
            report.landmarks[landmark.rawValue] += 1
        }
    }

    private func agreesWithLeader(_ slot: Int) -> Bool {
        let one = tables.summaries[Int(next.servers[slot])]
        return next.servers.contains { number in
            let other = tables.summaries[Int(number)]
            return other.isLeader && other.term == one.term && tables.logs.isPrefix(one.memory, of: other.memory)
        }
    }
}
