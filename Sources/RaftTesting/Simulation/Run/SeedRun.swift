package import RaftCore

/// A seed's run with the simulator's own workload.
package enum SeedRun {
    /// What of a seed's plan is carried out: all of it, or what is left after narrowing a failure down.
    package struct Selection: Hashable, Sendable {
        /// Numbers of the plan's faults that are to strike; nil for all.
        package var faults: Set<Int>?
        /// When trouble ends, in simulated nanoseconds; nil to let it last until enough was seen.
        package var end: UInt64?

        package static let everything = Selection()

        package init(faults: Set<Int>? = nil, end: UInt64? = nil) {
            self.faults = faults
            self.end = end
        }
    }

    /// - Throws: `SimulationFailure`.
    package static func run(
        _ seed: UInt64, requirements: SimulationRequirements = .full, options: ClusterOptions? = nil,
        mutation: Mutation? = nil, selection: Selection = .everything, trace: ((String) -> Void)? = nil
    ) throws(SimulationFailure) -> SimulationReport {
        var plan = SimulationPlan(seed: seed, options: options, mayBesiege: true)
        if requirements.isShort { plan.rest = nil }
        if let faults = selection.faults { plan.faults.removeAll { !faults.contains($0.number) } }
        plan.end = selection.end
        let workload = RegisterWorkload(keys: 1 + Int(seed % 5))
        let simulation: Simulation<RegisterWorkload>
        do {
            simulation = try Simulation(
                plan, workload: workload, requirements: requirements, mutation: mutation, trace: trace)
        } catch {
            throw SimulationFailure(
                seed: seed, property: "start", what: "\(error)", at: 0, faults: [], end: 0, fingerprint: 0)
        }
        return try simulation.run()
    }
}
