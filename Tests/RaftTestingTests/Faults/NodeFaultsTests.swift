import RaftCore
import RaftMembership
import RaftMemory
import Synchronization
import Testing

@testable import RaftTesting

@Suite("Faults of one node")
struct NodeFaultsTests {
    @Test("A paused node runs nothing, and goes on in order")
    func pause() {
        let lane = QueueLane()
        let node = NodeFaults()
        let gate = node.gate(lane)
        let log = Mutex<[Int]>([])
        func job(_ number: Int) -> GatedJob { GatedJob(NumberJob { log.withLock { $0.append(number) } }, gate) }
        lane.schedule(job(1))
        lane.runAll()
        node.pause()
        lane.schedule(job(2))
        lane.schedule(job(3))
        lane.runAll()
        #expect(log.withLock { $0 } == [1])
        // One that comes between the waking and the work that waited does not overtake it.
        lane.schedule(job(4))
        node.resume()
        lane.schedule(job(5))
        lane.runAll()
        #expect(log.withLock { $0 } == [1, 2, 3, 4, 5])
    }

    @Test("A node that has ended reads and writes nothing, and its next life finds what was durable")
    func end() throws {
        let disk = MemoryStorage()
        let life = NodeFaults()
        let storage = SeveredStorage(disk, life)
        let state = HardState(member: Member(id: 1, incarnation: 1))
        try storage.commit([StorageBatch(group: .first, hardState: state)])
        life.end()
        var later = state
        later.term = 7
        #expect(throws: StorageError.self) {
            try storage.commit([StorageBatch(group: .first, hardState: later)])
        }
        #expect(throws: StorageError.self) { try storage.recover(.first) }
        #expect(try SeveredStorage(disk, NodeFaults()).recover(.first).hardState == state)
    }

    @Test("The mark of a storage that is given faults stays with it, and is left alone by a node that has ended (M10)")
    func mark() throws {
        let store = MemoryMarkStore()
        let life = NodeFaults()
        let mark = try #require(StorageProvider.memory.marked(by: store).with(life).mark)
        let written = NodeMark(member: Member(id: 1, incarnation: 1))
        try mark.write(written)
        #expect(try mark.read() == written && mark.location == store.location)
        life.end()
        let later = NodeMark(member: written.member, term: 7)
        #expect(throws: StorageError.self) { try mark.write(later) }
        #expect(throws: StorageError.self) { try mark.read() }
        #expect(try store.read() == written)
    }

    @Test("What nodes remember of one another passes through a faulty transport, until its node has ended (M10)")
    func lives() async throws {
        let inner = KeepingTransport()
        let node = NodeFaults()
        let transport = FaultyTransport(inner, links: LinkFaults(), node: node)
        let receiver = RememberingReceiver()
        let member = Member(id: 1, incarnation: 1)
        try await transport.start(
            identity: NodeIdentity(clusterName: "test", member: member), receiver: receiver)
        let seen = try #require(inner.receiver)
        #expect(seen.life == receiver.life && receiver.life.startCounter == 7)
        #expect(seen.objection(to: member, life: .unknown) == "it was further on")
        seen.refusedAsAmnesiac(by: 2, "older")
        #expect(receiver.refusals == ["2: older"])
        node.end()
        #expect(seen.life == .unknown && seen.objection(to: member, life: .unknown) == nil)
        seen.refusedAsAmnesiac(by: 2, "again")
        #expect(receiver.refusals.count == 1)
    }

    @Test("An alarm of a paused node fires when it wakes, and once")
    func alarm() {
        let lane = QueueLane()
        let node = NodeFaults()
        let environment = GatedEnvironment(QueueEnvironment(lane: lane), node)
        let count = Mutex(0)
        let job = NumberJob { count.withLock { $0 += 1 } }
        environment.driverLane.schedule(job, at: Instant(nanoseconds: 5))
        // A later call replaces the earlier one.
        environment.driverLane.schedule(job, at: Instant(nanoseconds: 9))
        node.pause()
        lane.runAlarms(through: Instant(nanoseconds: 6))
        lane.runAlarms(through: Instant(nanoseconds: 10))
        #expect(count.withLock { $0 } == 0)
        node.resume()
        lane.runAll()
        #expect(count.withLock { $0 } == 1)
    }
}

/// Keeps what it was started with.
private final class KeepingTransport: Transport {
    private let kept = Mutex<(any TransportReceiver)?>(nil)
    var receiver: (any TransportReceiver)? { kept.withLock { $0 } }

    func start(identity: NodeIdentity, receiver: any TransportReceiver) async throws {
        kept.withLock { $0 = receiver }
    }
    func updateIdentity(_ identity: NodeIdentity) {}
    func updatePeers(_ peers: [Peer]) {}
    func send(_ envelope: Envelope) {}
    func flush() {}
    func shutdown() async {}
}

private final class RememberingReceiver: TransportReceiver {
    private let heard = Mutex<[String]>([])
    var refusals: [String] { heard.withLock { $0 } }

    func received(_ envelopes: [Envelope]) {}
    func connected(_ member: Member, clientAddresses: [String]) {}
    func disconnected(_ id: NodeID) {}
    func receivedFromTheFuture(_ id: NodeID, _ reason: String) {}
    let life = NodeLife(startCounter: 7, nonce: 1, term: 3)
    func objection(to member: Member, life: NodeLife) -> String? { "it was further on" }
    func refusedAsAmnesiac(by id: NodeID, _ reason: String) { heard.withLock { $0.append("\(id): \(reason)") } }
}

private final class NumberJob: Runnable {
    private let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    func run() { body() }
}

/// Runs what was scheduled when it is told to.
private final class QueueLane: TimedLane {
    private struct State {
        var jobs: [any Runnable] = []
        var alarms: [(job: any Runnable, at: Instant)] = []
    }
    private let state = Mutex(State())

    func schedule(_ job: any Runnable) { state.withLock { $0.jobs.append(job) } }

    func schedule(_ job: any Runnable, at instant: Instant) {
        state.withLock { state in
            state.alarms.removeAll { $0.job === job }
            if instant != .distantFuture { state.alarms.append((job, instant)) }
        }
    }

    func runAll() {
        while let job = state.withLock({ $0.jobs.isEmpty ? nil : $0.jobs.removeFirst() }) { job.run() }
    }

    func runAlarms(through instant: Instant) {
        let due = state.withLock { state in
            let due = state.alarms.filter { $0.at <= instant }
            state.alarms.removeAll { $0.at <= instant }
            return due
        }
        for alarm in due { alarm.job.run() }
    }
}

private struct QueueEnvironment: Environment {
    let lane: QueueLane
    var driverLane: any TimedLane { lane }
    func now() -> Instant { .origin }
    func wallClock() -> UInt64 { 0 }
    func random() -> UInt64 { 4 }
    func makeLane(for purpose: LanePurpose) -> any Lane { lane }
}
