import NIOCore
import NIOPosix
import RaftCore
import RaftTransportUnix
import Synchronization
import Testing

@Suite("The event loop's environment")
struct EnvironmentTests {
    final class Job: Runnable {
        private let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
        func run() { body() }
    }

    @Test("Jobs run on the loop, in the order given, from within and from without")
    func order() async throws {
        let environment = EventLoopEnvironment()
        let seen = Mutex<[Int]>([])
        let lane = environment.driverLane
        for number in 0..<100 {
            lane.schedule(
                Job {
                    #expect(environment.eventLoop.inEventLoop)
                    seen.withLock { $0.append(number) }
                    if number == 99 { lane.schedule(Job { seen.withLock { $0.append(100) } }) }
                })
        }
        #expect(await eventually { seen.withLock { $0 } == Array(0...100) })
        lane.stop()
        lane.stop()
        lane.schedule(Job { Issue.record("a stopped lane ran a job") })
    }

    @Test("An alarm fires once, not before its time; a later one replaces it; the distant future cancels it")
    func alarms() async throws {
        let environment = EventLoopEnvironment()
        let lane = environment.driverLane
        let fired = Mutex<[String: Int]>([:])
        let alarm: @Sendable (String, Instant) -> Job = { name, earliest in
            Job {
                #expect(environment.now() >= earliest, "\(name) fired early")
                fired.withLock { $0[name, default: 0] += 1 }
            }
        }
        // On the loop itself, so that none fires between two of these, however long they take.
        try await environment.eventLoop.submit {
            let now = environment.now()
            let later = now + 30_000_000
            let postponed = alarm("postponed", later)
            lane.schedule(postponed, at: now)
            lane.schedule(postponed, at: later)
            let advanced = alarm("advanced", now)
            lane.schedule(advanced, at: now + 3_600_000_000_000)
            lane.schedule(advanced, at: now + 1_000_000)
            let cancelled = alarm("cancelled", .distantFuture)
            lane.schedule(cancelled, at: now)
            lane.schedule(cancelled, at: .distantFuture)
            let overdue = alarm("overdue", .origin)
            lane.schedule(overdue, at: .origin)
            let last = alarm("last", now + 60_000_000)
            lane.schedule(last, at: now + 60_000_000)
        }.get()
        #expect(await eventually { fired.withLock { $0["last"] } == 1 })
        #expect(fired.withLock { $0 } == ["postponed": 1, "advanced": 1, "overdue": 1, "last": 1])
        lane.stop()
    }

    @Test("Lanes for disks and machines run beside the loop, and a given loop survives its environment")
    func lanes() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let environment = EventLoopEnvironment(eventLoop: group.next())
        let count = Atomic(0)
        for purpose in [LanePurpose.storage, .machine] {
            let lane = environment.makeLane(for: purpose)
            lane.schedule(
                Job {
                    #expect(!environment.eventLoop.inEventLoop)
                    count.wrappingAdd(1, ordering: .relaxed)
                })
            lane.stop()
        }
        #expect(await eventually { count.load(ordering: .relaxed) == 2 })
        environment.driverLane.stop()
        #expect(try await group.next().submit { 7 }.get() == 7)
        try await group.shutdownGracefully()
        #expect(environment.random() != environment.random())
        #expect(environment.wallClock() > 1_700_000_000_000_000_000)
    }
}
