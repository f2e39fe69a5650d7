import RaftCore
import RaftMembership
import RaftMemory
import RaftTracing
import RaftTracingSpans
import Testing
import Tracing

/// Three nodes of one process, whose spans all go to one place.
@Suite("What a request causes is one trace, through every server")
struct SpanTests {
    typealias Log = MembershipCallsTests.Log

    private final class Cluster {
        let exporter = MemorySpanExporter()
        let recorder: SpanRecorder
        private let network = MemoryNetwork()
        private(set) var nodes: [Raft<Log>] = []

        init(oneIn: Int = 0) { recorder = SpanRecorder(exporter: exporter, oneIn: oneIn) }

        func start(_ count: UInt64 = 3) async throws {
            for id in 1...count { try await startNode(id) }
            try await nodes[0].bootstrap(
                Dictionary(uniqueKeysWithValues: (1...count).map { (NodeID($0), "memory:\($0)") }))
        }

        func startNode(_ id: UInt64) async throws {
            let tracer = Tracer(
                sink: MemorySink(), level: .critical, fields: [.node(id)], spans: SpanSource(recorder))
            var configuration = RaftConfiguration()
            configuration.snapshotRetained = 0
            nodes.append(
                try await Raft.start(
                    Log(), as: NodeID(id), storage: .memory(MemoryStorage()), transport: .memory("\(id)", on: network),
                    configuration: configuration, tracer: tracer))
        }

        func leader() async throws -> Raft<Log> {
            try await poll("a leader") {
                for node in nodes where await node.metricsNow().role == .leader { return node }
                return nil
            }
        }

        func spans(of trace: TraceContext) -> [FinishedSpan] {
            exporter.spans.filter { $0.context.traceID == trace.traceID }
        }

        /// Those of a trace, when they are all there.
        func spans(
            of trace: TraceContext, until isComplete: @escaping ([FinishedSpan]) -> Bool
        ) async throws -> [FinishedSpan] {
            try await poll("the spans of \(trace)") {
                let spans = spans(of: trace)
                return isComplete(spans) ? spans : nil
            }
        }

        func stop() async { for node in nodes { await node.shutdown() } }
    }

    private func node(of span: FinishedSpan) -> UInt64? {
        for field in span.fields where field.key == "raft.node" {
            if case .int(let node) = field.value { return UInt64(node) }
        }
        return nil
    }

    private func context(sampled: Bool = true) throws -> (TraceContext, ServiceContext) {
        let trace = try #require(
            TraceContext(traceHigh: 7, traceLow: .random(in: 1 ... .max), span: 9, isSampled: sampled))
        var context = ServiceContext.topLevel
        context.trace = trace
        return (trace, context)
    }

    @Test("A proposal's trace goes through the leader's log, each follower's log, commit and every machine")
    func proposal() async throws {
        let cluster = Cluster()
        try await cluster.start()
        let leader = try await cluster.leader()
        let id = await leader.metricsNow().node.rawValue
        let (trace, context) = try context()
        _ = try await ServiceContext.withValue(context) { try await leader.propose(5) }
        let spans = try await cluster.spans(of: trace) { spans in
            spans.count { $0.name == "raft.apply" } == 3 && spans.count { $0.name == "raft.replicate" } == 2
                && spans.count { $0.name == "raft.persist" } == 3
        }
        await cluster.stop()
        let byID = Dictionary(uniqueKeysWithValues: spans.map { ($0.context.span, $0) })
        let propose = try #require(spans.first { $0.name == "raft.propose" })
        #expect(propose.parent == trace.span && node(of: propose) == id && propose.failure == nil)
        for name in ["raft.commit", "raft.replicate"] {
            for span in spans where span.name == name {
                #expect(span.parent == propose.context.span && node(of: span) == id && span.failure == nil, "\(span)")
            }
        }
        #expect(Set(spans.filter { $0.name == "raft.persist" }.compactMap(node)) == [1, 2, 3])
        #expect(Set(spans.filter { $0.name == "raft.apply" }.compactMap(node)) == [1, 2, 3])
        for span in spans where span.name == "raft.persist" || span.name == "raft.apply" {
            let parent = try #require(span.parent.flatMap { byID[$0] })
            #expect(parent.name == (node(of: span) == id ? "raft.propose" : "raft.replicate"))
        }
        #expect(spans.allSatisfy { $0.start >= propose.start })
    }

    @Test("What is not sampled leaves nothing, and neither does what comes without a trace")
    func unsampled() async throws {
        let cluster = Cluster()
        try await cluster.start()
        let leader = try await cluster.leader()
        let (trace, context) = try context(sampled: false)
        _ = try await ServiceContext.withValue(context) { try await leader.propose(5) }
        _ = try await leader.propose(6)
        _ = try await leader.read { $0.values }
        await cluster.stop()
        #expect(cluster.spans(of: trace).isEmpty)
        // Campaigns are.
        let names = Set(cluster.exporter.spans.map(\.name))
        #expect(names.isSubset(of: ["raft.election", "raft.vote"]) && names.contains("raft.election"), "\(names)")
        let election = try #require(cluster.exporter.spans.first { $0.name == "raft.election" && $0.failure == nil })
        let votes = cluster.spans(of: election.context).filter { $0.name == "raft.vote" }
        #expect(!votes.isEmpty && votes.allSatisfy { $0.parent == election.context.span })
    }

    @Test("A batch is linked to each of its traces, whose proposals have spans of their own")
    func batch() async throws {
        let cluster = Cluster(oneIn: 1)
        try await cluster.start(1)
        let leader = try await cluster.leader()
        await withTaskGroup { group in
            for number in 1...64 { group.addTask { _ = try? await leader.propose(number) } }
        }
        _ = try await poll("all ended") {
            cluster.exporter.spans.count { $0.name == "raft.propose" } == 64 ? true : nil
        }
        await cluster.stop()
        let proposals = cluster.exporter.spans.filter { $0.name == "raft.propose" }
        #expect(Set(proposals.map(\.context.traceID)).count == 64)
        var covered: Set<UInt64> = []
        for commit in cluster.exporter.spans where commit.name == "raft.commit" {
            if let parent = commit.parent { covered.insert(parent) }
            for link in commit.links { covered.insert(link.span) }
        }
        // A span names 32 others at most; batches of this size are rare here.
        #expect(covered.isSubset(of: proposals.map(\.context.span)) && covered.count >= 33)
    }

    @Test("A read's trace has the proof, with the followers that gave it; a change of membership has its entries")
    func readsAndChanges() async throws {
        let cluster = Cluster()
        try await cluster.start()
        let leader = try await cluster.leader()
        let (trace, context) = try context()
        _ = try await ServiceContext.withValue(context) { try await leader.read { $0.values } }
        let spans = try await cluster.spans(of: trace) { $0.contains { $0.name == "raft.answer" } }
        let read = try #require(spans.first { $0.name == "raft.read" })
        let confirm = try #require(spans.first { $0.name == "raft.confirm" })
        #expect(read.parent == trace.span && confirm.parent == read.context.span)
        #expect(spans.allSatisfy { $0.name != "raft.answer" || $0.parent == confirm.context.span })

        let (wish, other) = try self.context()
        let gone = await leader.metricsNow().membership.voters.last { $0 != leader.driver.node }
        _ = try await ServiceContext.withValue(other) {
            try await leader.change([.demote(try #require(gone))])
        }
        let changed = try await cluster.spans(of: wish) { $0.contains { $0.name == "raft.change" } }
        await cluster.stop()
        let change = try #require(changed.first { $0.name == "raft.change" })
        #expect(change.parent == wish.span && change.failure == nil)
        #expect(changed.contains { $0.name == "raft.commit" && $0.parent == change.context.span })
    }

    @Test("A snapshot that is taken is a trace, and so is one that is sent, with the part of whoever installs it")
    func snapshots() async throws {
        let cluster = Cluster()
        try await cluster.start(1)
        let leader = try await cluster.leader()
        for number in 1...5 { _ = try await leader.propose(number) }
        try await leader.compact()
        let taken = try #require(cluster.exporter.spans.first { $0.name == "raft.snapshot" })
        #expect(taken.parent == nil && taken.failure == nil && node(of: taken) == 1)
        try await cluster.startNode(2)
        _ = try await leader.change([.add(2, addresses: ["memory:2"])])
        let sent = try await poll("the snapshot is there, and its sender knows") {
            cluster.exporter.spans.first { $0.name == "raft.snapshot.send" }
        }
        await cluster.stop()
        #expect(sent.parent == nil && sent.failure == nil && node(of: sent) == 1)
        let installed = try #require(cluster.spans(of: sent.context).first { $0.name == "raft.snapshot.install" })
        #expect(installed.parent == sent.context.span && installed.failure == nil && node(of: installed) == 2)
        #expect(sent.fields.contains(TraceField("raft.peer", 2)))
    }

    @Test("A node that ends leaves no span open")
    func ending() async throws {
        let cluster = Cluster()
        try await cluster.start()
        let leader = try await cluster.leader()
        let (trace, context) = try context()
        for node in cluster.nodes where node !== leader { await node.shutdown() }
        let before = await leader.metricsNow().lastIndex
        let call = Task { try await ServiceContext.withValue(context) { try await leader.propose(5) } }
        _ = try await poll("it is appended") {
            await leader.metricsNow().lastIndex > before ? true : nil
        }
        await leader.shutdown()
        await #expect(throws: RaftError.self) { try await call.value }
        let spans = cluster.spans(of: trace)
        #expect(spans.contains { $0.name == "raft.commit" && $0.failure != nil }, "\(spans)")
        #expect(spans.contains { $0.name == "raft.propose" && $0.failure != nil }, "\(spans)")
    }
}
