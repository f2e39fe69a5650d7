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
