import RaftMembership

extension ScenarioRun {
    /// Ends the load and looks at what is left.
    func finish() async throws -> ScenarioReport {
        try await serves("at the end")
        try await cluster.stopLoad()
        let held = try await readEverything()
        try await checkReplicas(against: held)
        let records = cluster.history.records
        for record in records {
            switch record.outcome {
            case .value, .done, .refused: report.answered += 1
            case .rejected: report.rejected += 1
            case .unknown: report.unknown += 1
            }
        }
        try checkLedger(records, held)
        try checkLinearizability()
        try await checkLeaders()
        return report
    }

    /// Reads every key, as one more client whose reads count like any other's.
    private func readEverything() async throws -> [String: String] {
        let keys = Set(cluster.history.records.map(\.operation.key))
        let begin = cluster.now
        var held: [String: String]?
        try await wait(for: "reads everything") {
            // An election may come between: the cluster is asked again.
            held = try? await cluster.contents(of: nil)
            return held != nil
        }
        guard let held else { return [:] }
        let end = cluster.now
        for key in keys.union(held.keys).sorted() {
            cluster.history.record(
                ScenarioRecord(
                    process: -1, operation: .get(key), outcome: .value(held[key]), invoked: begin, returned: end))
        }
        return held
    }

    /// With nobody writing, every member comes to hold the same (§5.4.3).
    private func checkReplicas(against held: [String: String]) async throws {
        for node in nodes {
            try await catchesUp(node)
            let own = try await cluster.contents(of: node)
            let differing = Set(own.keys).union(held.keys).filter { own[$0] != held[$0] }.sorted()
            if let key = differing.first {
                throw ScenarioFailure(
                    .diverged,
                    "node \(node) holds \(text(own[key])) for \(key), the leader \(text(held[key])); "
                        + "\(differing.count) keys differ")
            }
        }
    }

    private func checkLedger(_ records: [ScenarioRecord], _ held: [String: String]) throws {
        for record in records {
            guard case .put(let key, let value) = record.operation, key.hasPrefix(ScenarioLoad.ledgerPrefix) else {
                continue
            }
            switch record.outcome {
            case .done where held[key] != value:
                throw ScenarioFailure(
                    .lostWrite, "\(key) = \(value) was acknowledged, and \(text(held[key])) is there")
            case .rejected(let reason) where held[key] != nil:
                throw ScenarioFailure(
                    .lostWrite, "\(key) = \(value) was rejected (\(reason)), and is there all the same (W1)")
            default: break
            }
        }
    }

    private func checkLinearizability() throws {
        switch LinearizabilityChecker().check(cluster.history.operations) {
        case .linearizable: break
        case .violation(let violation): throw ScenarioFailure(.notLinearizable, "\(violation)")
        case .undecided(let undecided):
            throw ScenarioFailure(.undecided, "key \(undecided.key) after \(undecided.steps) steps")
        }
    }

    private func checkLeaders() async throws {
        let leaders = try await cluster.leadersByTerm()
        report.elections = leaders.count
        guard !leaders.isEmpty else { throw ScenarioFailure(.level, "the level has seen no election") }
        for (term, nodes) in leaders.sorted(by: { $0.key < $1.key }) where nodes.count > 1 {
            let names = nodes.sorted().map(\.description).joined(separator: " and ")
            throw ScenarioFailure(.twoLeaders, "nodes \(names) both led term \(term)")
        }
    }

    private func text(_ value: String?) -> String { value ?? "nothing" }
}
