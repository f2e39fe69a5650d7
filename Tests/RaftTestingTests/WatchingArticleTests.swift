import RaftCore
import RaftMembership
import RaftMemory
import Synchronization
import Testing

/// The guide "Watching a node".
@Suite("The article about watching", .timeLimit(.minutes(2)))
struct WatchingArticleTests {
    /// What a program of the reader's has.
    final class Scheduler: Sendable {
        let calls = Mutex<[String]>([])
        func resume() { calls.withLock { $0.append("resume") } }
        func pause() { calls.withLock { $0.append("pause") } }
    }

    final class Router: Sendable {
        let members = Mutex<[Member]>([])
        func add(_ member: Member?, from membership: Membership) {
            guard let member, membership.slot(of: member) != nil else { return }
            members.withLock { $0.append(member) }
        }
        func remove(_ member: Member?) { members.withLock { $0.removeAll { $0 == member } } }
    }

    struct Log: StateMachine {
        var count = 0
        mutating func apply(_ command: Int) -> Int {
            count += 1
            return count
        }
    }

    private func schedule(_ raft: Raft<Log>, _ scheduler: Scheduler) async {
        for await leadership in raft.leadership {
            if leadership.role == .leader { scheduler.resume() } else { scheduler.pause() }
        }
    }

    private func route(_ raft: Raft<Log>, _ router: Router) async {
        for await event in raft.membershipEvents {
            if event.missed > 0 { print("\(event.missed) events were dropped") }
            switch event.kind {
            case .joined: router.add(event.member, from: event.configuration.membership)
            case .left: router.remove(event.member)
            case .removed: print("this node was removed by entry \(event.configuration.id)")
            default: break
            }
        }
    }

    @Test("Its examples run, and stand in the tests word for word")
    func examples() async throws {
        let raft = try await Raft.start(
            Log(), as: 4, storage: StorageProvider { _ in MemoryStorage() },
            transport: .memory("4", on: MemoryNetwork()))
        let (scheduler, router) = (Scheduler(), Router())
        let scheduling = Task { await schedule(raft, scheduler) }
        let routing = Task { await route(raft, router) }
        try await raft.bootstrap([4: "memory:4"])
        let index = await raft.metricsNow().commitIndex
        try await raft.wait(for: .leader, atMost: .seconds(5))
        try await raft.wait(for: .applied(index), atMost: .seconds(5))
        try await raft.wait(for: .membership("node 4 votes") { $0.voters.contains(4) }, atMost: .seconds(30))
        try await raft.wait(for: RaftCondition("nothing under way") { $0.pendingProposals == 0 })
        _ = try await raft.propose(1)
        // Its task may begin after all of that.
        while scheduler.calls.withLock({ $0.isEmpty }) { await Task.yield() }
        await raft.shutdown()
        // Streams end with the node.
        await scheduling.value
        await routing.value
        #expect(scheduler.calls.withLock { !$0.isEmpty })
        #expect(router.members.withLock { $0.allSatisfy { $0.id == 4 } })

        let article = try Article("Sources/RaftNode/Documentation.docc/Watching.md")
        let source = try Article("Tests/RaftTestingTests/WatchingArticleTests.swift")
        #expect(article.examples.count == 3)
        for example in article.examples {
            #expect(source.holds(example), "not compiled as it stands:\n\(example)")
        }
    }
}
