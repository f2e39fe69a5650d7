package import RaftCore

/// A seed's run with the simulator's own workload.
package enum SeedRun {
    /// - Parameter keeping: numbers of the plan's faults that are to strike; nil for all.
    /// - Throws: `SimulationFailure`.
    package static func run(
        _ seed: UInt64, requirements: SimulationRequirements = .full, options: ClusterOptions? = nil,
        mutation: Mutation? = nil, keeping: Set<Int>? = nil, trace: ((String) -> Void)? = nil
    ) throws(SimulationFailure) -> SimulationReport {
        var plan = SimulationPlan(seed: seed, options: options)
        if let keeping { plan.faults.removeAll { !keeping.contains($0.number) } }
        let workload = RegisterWorkload(keys: 1 + Int(seed % 5))
        let simulation: Simulation<RegisterWorkload>
        do {
            simulation = try Simulation(
                plan, workload: workload, requirements: requirements, mutation: mutation, trace: trace)
        } catch {
            throw SimulationFailure(
                seed: seed, property: "start", what: "\(error)", at: 0, faults: [], fingerprint: 0)
        }
        return try simulation.run()
    }
}

extension SeedRun {
    /// Leaves out faults as long as the seed still fails, whatever fails then: what remains is needed.
    package static func shrink(
        _ failure: SimulationFailure, requirements: SimulationRequirements, mutation: Mutation? = nil
    ) -> SimulationFailure {
        var best = failure
        var runs = 0
        /// Whether the seed fails with these faults alone.
        func fails(_ numbers: [Int]) -> Bool {
            runs += 1
            do {
                _ = try run(failure.seed, requirements: requirements, mutation: mutation, keeping: Set(numbers))
                return false
            } catch {
                best = error
                best.faults = error.faults.filter { numbers.contains($0.number) }
                return true
            }
        }
        var chunk = max(1, best.faults.count / 2)
        while runs < 120 {
            var position = 0
            var hasShrunk = false
            while position < best.faults.count, runs < 120 {
                var numbers = best.faults.map(\.number)
                numbers.removeSubrange(position..<min(position + chunk, numbers.count))
                if fails(numbers) { hasShrunk = true } else { position += chunk }
            }
            if chunk == 1, !hasShrunk { break }
            chunk = max(1, chunk / 2)
        }
        return best
    }
}
