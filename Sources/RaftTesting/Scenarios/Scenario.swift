/// Something that goes wrong while clients work, and what must hold all the same. Written once, run at every level:
///
/// ```swift
/// let report = try await Scenario.loseTheLeader.run(on: cluster, seed: 7)
/// ```
///
/// A scenario starts every member, has clients work, does its harm, puts everything right, and audits: every acknowledged
/// write is there and no rejected one, what clients were told is linearizable, all members hold the same, no term had two
/// leaders. In between it demands that the cluster serves within the time that the level allows for one step.
public struct Scenario: Sendable {
    /// A sentence.
    public let name: String
    /// Whether part of the harm is done to links, so that messages must have been lost.
    public let cutsLinks: Bool
    /// Whether nodes come in that are no members at first: it takes as many spares as members.
    public let needsSpares: Bool
    let harm: @Sendable (ScenarioRun) async throws -> Void

    /// - Parameter harm: what goes wrong. It ends with every member running and every link up.
    public init(
        _ name: String, cutsLinks: Bool = false, needsSpares: Bool = false,
        harm: @escaping @Sendable (ScenarioRun) async throws -> Void
    ) {
        self.name = name
        self.cutsLinks = cutsLinks
        self.needsSpares = needsSpares
        self.harm = harm
    }

    /// - Parameters:
    ///   - cluster: of three members or more, none of them running, and with as many spares if the scenario needs some.
    ///   - seed: what the clients do follows from it.
    /// - Throws: `ScenarioFailure` with the scenario's name and the seed, or an error of the level.
    @discardableResult
    public func run(on cluster: any ScenarioCluster, seed: UInt64) async throws -> ScenarioReport {
        try await run(on: cluster, load: ScenarioLoad(seed: seed))
    }

    /// The same with a load of one's own.
    @discardableResult
    public func run(on cluster: any ScenarioCluster, load: ScenarioLoad) async throws -> ScenarioReport {
        let run = ScenarioRun(cluster: cluster, load: load)
        do {
            guard !needsSpares || cluster.spares.count >= cluster.nodes.count else {
                throw ScenarioFailure(
                    .level, "\(cluster.spares.count) spare nodes are too few for \(cluster.nodes.count) members")
            }
            try await run.begin()
            try await harm(run)
            return try await run.finish()
        } catch let failure as ScenarioFailure {
            throw ScenarioFailure(
                failure.kind, "\(failure.message) (after: \(run.lastStep); scenario: \(name); seed: \(load.seed))")
        }
    }

    /// All of them.
    public static let all: [Scenario] = [
        .loseTheLeader, .followerCannotReachLeader, .leaderCannotReachFollower, .restartOneAfterTheOther,
        .restartAllAtOnce, .partitionTheLeaderAway, .pauseTheLeader, .partAndPauseTheLeader, .handOverLeadership,
        .replaceEveryMember, .growAndShrink, .compactUnderLoad, .emptyOneDisk,
    ]
}

extension Scenario: CustomStringConvertible {
    public var description: String { name }
}
