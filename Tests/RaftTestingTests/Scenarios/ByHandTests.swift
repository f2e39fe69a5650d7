import RaftCore
import RaftMembership
import RaftTesting
import Testing

/// Single stories on a simulated cluster that is led by hand, with all properties checked after each step.
@Suite("Simulated clusters by hand")
struct ByHandTests {
    private static func started(
        _ seed: UInt64, _ options: ClusterOptions = ClusterOptions(), patience: Duration = .seconds(20)
    ) async throws -> SimulatedScenarioCluster {
        let cluster = try SimulatedScenarioCluster(seed: seed, options: options, patience: patience)
        for node in cluster.nodes { try await cluster.start(node) }
        return cluster
    }

    private static func terms(of cluster: SimulatedScenarioCluster) async throws -> [Term] {
        var terms: [Term] = []
        for node in cluster.nodes {
            if let status = try await cluster.status(node) { terms.append(status.term) }
        }
        return terms
    }

    private static func part(_ one: NodeID, _ other: NodeID, _ cluster: SimulatedScenarioCluster) async throws {
        try await cluster.cut(from: one, to: other)
        try await cluster.cut(from: other, to: one)
    }

    // MARK: Elections

    @Test(
        "When the leader and one of two followers do not reach each other, it stays the leader (V10)",
        arguments: 1...10 as ClosedRange<UInt64>)
    func partedFromTheLeader(seed: UInt64) async throws { try await Self.partedFromTheLeader(seed, ClusterOptions()) }

    /// In a quiet cluster: the follower that does not hear the leader has all that a leader needs, but for the other's
    /// word.
    @Sendable
    private static func partedFromTheLeader(_ seed: UInt64, _ options: ClusterOptions) async throws {
        let cluster = try await started(seed, options)
        let leader = try await cluster.leader()
        let follower = try #require(cluster.nodes.last { $0 != leader })
        try cluster.pass(.seconds(2))
        let before = try await terms(of: cluster)
        try await part(leader, follower, cluster)
        for number in 1...20 {
            try cluster.pass(.milliseconds(500))
            #expect(try await cluster.perform(.put("key", "\(number)"), at: nil, as: 0) == .done)
        }
        #expect(try await terms(of: cluster) == before)
    }

    @Test(
        "Two of three servers that never reach each other have one election with the third, and no more (V10)",
        arguments: 1...10 as ClosedRange<UInt64>)
    func partedFromTheStart(seed: UInt64) async throws {
        let cluster = try SimulatedScenarioCluster(seed: seed, options: ClusterOptions())
        try await Self.part(1, 2, cluster)
        for node in cluster.nodes { try await cluster.start(node) }
        _ = try await cluster.leader()
        try cluster.pass(.seconds(2))
        let settled = try await Self.terms(of: cluster).max()
        for number in 1...20 {
            #expect(try await cluster.perform(.put("key", "\(number)"), at: nil, as: 0) == .done)
            try cluster.pass(.milliseconds(500))
        }
        #expect(try await Self.terms(of: cluster).max() == settled)
    }

    @Test("Split votes end: five servers that start at once, with nothing but their timeouts to tell them apart (V11)")
    func splitVotesEnd() async throws {
        var options = ClusterOptions()
        options.nodes = 5
        // Messages take so long that somebody else nearly always stands for election before a vote arrives.
        options.networkDelay = 15_000_000...15_000_000
        options.diskDelay = 1_000_000...1_000_000
        options.configuration.electionTimeout = 150_000_000...190_000_000
        var split = 0
        for seed in 1...40 as ClosedRange<UInt64> {
            let cluster = try await Self.started(seed, options, patience: .seconds(3))
            let leader = try await cluster.leader()
            // The first election is that of term 2.
            if try await cluster.status(leader)?.term ?? 0 > 2 { split += 1 }
        }
        #expect(split >= 10, "votes were split in \(split) of 40 worlds")
    }

    // MARK: What is slow

    @Test("Disks that take a second cost no election while clients write (P6)")
    func slowDisks() async throws {
        let cluster = try await Self.started(5)
        _ = try await cluster.leader()
        for node in cluster.nodes { try cluster.slowDisk(of: node, by: .seconds(1)) }
        try await expectNoElection(cluster)
        for node in cluster.nodes { try cluster.slowDisk(of: node, by: .zero) }
        // What is under way takes its second yet.
        try cluster.pass(.seconds(3))
        #expect(try await cluster.perform(.put("key", "value"), at: nil, as: 0) == .done)
    }

    @Test("Machines that take ten seconds cost no election while clients write (P6)")
    func slowMachines() async throws {
        var options = ClusterOptions()
        options.applyDelay = 10_000_000_000...10_000_000_000
        try await expectNoElection(try await Self.started(5, options))
    }

    /// Nobody reads, for a read sends heartbeats of its own. A writer waits for half a second.
    private func expectNoElection(_ cluster: SimulatedScenarioCluster) async throws {
        let leader = try await cluster.leader()
        try cluster.pass(.seconds(1))
        let terms = try await Self.terms(of: cluster)
        for number in 1...40 { _ = try await cluster.perform(.put("key", "\(number)"), at: nil, as: 0) }
        #expect(try await Self.terms(of: cluster) == terms)
        let status = try #require(try await cluster.status(leader))
        #expect(status.commitIndex > 20 && status.appliedIndex > 2, "\(status)")
    }

    // MARK: Time

    @Test("A cluster works for a hundred simulated days (K1)")
    func hundredDays() async throws {
        let minute: UInt64 = 60_000_000_000
        var options = ClusterOptions()
        options.configuration.heartbeatInterval = 15 * minute
        options.configuration.electionTimeout = 30 * minute...60 * minute
        let cluster = try await Self.started(3, options)
        try cluster.pass(.seconds(86_400))
        let terms = try await Self.terms(of: cluster)
        for day in 1...100 {
            #expect(try await cluster.perform(.put("day", "\(day)"), at: nil, as: 0) == .done)
            try cluster.pass(.seconds(86_400))
        }
        #expect(cluster.now >= 100 * 24 * 60 * minute)
        #expect(try await Self.terms(of: cluster) == terms)
        for node in cluster.nodes { #expect(try await cluster.contents(of: node) == ["day": "100"]) }
    }

    // MARK: Formation

    @Test(
        "A node killed anywhere in a formation leaves one cluster, or none that was promised (M9)",
        arguments: [1, 2, 3])
    func killedWhileForming(node: NodeID) async throws {
        let effects = try await Self.killedWhileForming(node, ClusterOptions())
        #expect(effects > 20)
    }

    /// Kills it before each thing that it does until the cluster is formed; returns how many these are.
    @discardableResult
    private static func killedWhileForming(_ victim: NodeID, _ options: ClusterOptions) async throws -> Int {
        var options = options
        options.isFormed = false
        options.loss = 50
        for effects in 0..<1000 {
            let cluster = try await started(UInt64(effects), options)
            try cluster.kill(victim, afterEffects: effects)
            var isKilled = false
            try await cluster.advance("the cluster is formed, or node \(victim) is killed") {
                isKilled = try await cluster.status(victim) == nil
                if isKilled { return true }
                return try await has(everybody: 2, in: cluster)
            }
            guard isKilled else { return effects }
            // The others see it come back at once, or after they have given up on it.
            try cluster.pass(.milliseconds(effects % 3 * 500))
            try await cluster.start(victim)
            try await cluster.advance("all are of one cluster") { try await has(everybody: 2, in: cluster) }
            #expect(try await cluster.perform(.put("key", "\(effects)"), at: nil, as: 0) == .done)
            let written = try await cluster.status(cluster.leader())?.commitIndex ?? .zero
            try await cluster.advance("all hold the same") { try await has(everybody: written, in: cluster) }
            for node in cluster.nodes { #expect(try await cluster.contents(of: node) == ["key": "\(effects)"]) }
        }
        Issue.record("a formation does not end")
        return 1000
    }

    /// Whether every node has applied so many entries.
    private static func has(everybody index: LogIndex, in cluster: SimulatedScenarioCluster) async throws -> Bool {
        for node in cluster.nodes {
            guard let status = try await cluster.status(node), status.appliedIndex >= index else { return false }
        }
        return true
    }

    // MARK: By hand

    @Test("A node that does not run cannot be killed later, nor can one that is not there")
    func impossible() async throws {
        let cluster = try SimulatedScenarioCluster(seed: 1, options: ClusterOptions())
        #expect(throws: ScenarioFailure.self) { try cluster.kill(1, afterEffects: 0) }
        #expect(throws: ScenarioFailure.self) { try cluster.kill(9, afterEffects: 0) }
        #expect(throws: ScenarioFailure.self) { try cluster.slowDisk(of: 9, by: .seconds(1)) }
        try cluster.pass(.seconds(-1))
        #expect(cluster.now == 0)
    }

    #if TestBuild
        static let planted: [(Mutation, @Sendable (ClusterOptions) async throws -> Void)] = [
            (.ignoreStickiness, { try await partedFromTheLeader(1, $0) }),
            (.announceBeforeDurable, { try await killedWhileForming(1, $0) }),
        ]

        @Test("A rule that is broken on purpose is noticed by these stories (V9, V10, M9)", arguments: planted.indices)
        func mutation(position: Int) async throws {
            let (rule, story) = Self.planted[position]
            var options = ClusterOptions()
            options.configuration.mutation = rule
            let failure = await #expect(throws: ScenarioFailure.self) { try await story(options) }
            #expect(failure?.kind == .property, "\(String(describing: failure))")
        }
    #endif
}
