package import RaftCore

/// Narrows a failing seed down: leaves out faults, and ends trouble earlier, as long as the same property fails.
///
/// Zeller's and Hildebrandt's ddmin over the list of faults: what remains cannot do without any one of them, unless the
/// number of runs was used up. Every link, process, disk and client draws from a source of its own, so that a fault that
/// is left out leaves the chances of the rest alone.
package struct FailureShrinker {
    private let requirements: SimulationRequirements
    private let mutation: Mutation?
    private let property: String
    private let maximumRuns: Int
    /// The smallest failure so far.
    private var failure: SimulationFailure
    package private(set) var runs = 0

    private static let millisecond: UInt64 = 1_000_000

    package init(
        _ failure: SimulationFailure, requirements: SimulationRequirements, mutation: Mutation? = nil,
        maximumRuns: Int = 400
    ) {
        self.failure = failure
        self.requirements = requirements
        self.mutation = mutation
        self.maximumRuns = maximumRuns
        property = failure.property
    }

    /// The smallest failure of the same property that was found; its `selection` of the seed's plan leads to it.
    package mutating func shrink() -> SimulationFailure {
        shrinkFaults()
        shrinkEnd()
        // With an earlier end some of them may be needless.
        shrinkFaults()
        return failure
    }

    private var numbers: [Int] { failure.faults.map(\.number) }

    /// ddmin: ever finer parts are tried alone, then left out.
    private mutating func shrinkFaults() {
        guard !numbers.isEmpty, !fails([], end: failure.end) else { return }
        var parts = 2
        while numbers.count > 1, runs < maximumRuns {
            let all = numbers
            let size = (all.count + parts - 1) / parts
            let ranges = stride(from: 0, to: all.count, by: size).map { $0..<min($0 + size, all.count) }
            let end = failure.end
            if ranges.contains(where: { fails(Array(all[$0]), end: end) }) {
                parts = 2
            } else if ranges.count > 2,
                ranges.contains(where: { fails(Array(all[..<$0.lowerBound] + all[$0.upperBound...]), end: end) })
            {
                parts = max(parts - 1, 2)
            } else {
                if size == 1 { return }
                parts = min(2 * parts, all.count)
            }
        }
    }

    /// A failure of the calm after trouble may need less of the latter; none before the last fault, which is needed.
    private mutating func shrinkEnd() {
        let least = failure.faults.map(\.at).max() ?? 0
        var step = failure.end > least ? (failure.end - least) / 2 : 0
        while step > 100 * Self.millisecond, runs < maximumRuns {
            step = step / Self.millisecond * Self.millisecond
            if failure.end > least + step, fails(numbers, end: failure.end - step) { continue }
            step /= 2
        }
    }

    /// Whether the same property fails with these faults alone and this end.
    private mutating func fails(_ numbers: [Int], end: UInt64) -> Bool {
        guard runs < maximumRuns else { return false }
        runs += 1
        do {
            _ = try SeedRun.run(
                failure.seed, requirements: requirements, mutation: mutation,
                selection: SeedRun.Selection(faults: Set(numbers), end: end))
            return false
        } catch {
            guard error.property == property else { return false }
            failure = error
            return true
        }
    }
}

extension SimulationFailure {
    /// What of the seed's plan leads to this failure.
    package var selection: SeedRun.Selection { SeedRun.Selection(faults: Set(faults.map(\.number)), end: end) }
}
