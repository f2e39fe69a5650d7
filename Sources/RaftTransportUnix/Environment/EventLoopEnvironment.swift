public import NIOCore
import NIOPosix
public import RaftCore
import RaftThreads

/// Time, chance and places to run around one event loop, so that sockets and driver share one thread and nothing hops
/// between the two.
public final class EventLoopEnvironment: Environment {
    /// The loop of the driver and of the transport's sockets; a client server that adds its own saves a hop for each
    /// request.
    public let eventLoop: any EventLoop
    public var driverLane: any TimedLane { lane }
    let lane: EventLoopLane

    /// Starts a thread of its own, which ends when `driverLane` is stopped.
    public convenience init() {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        self.init(eventLoop: group.next(), owning: group)
    }

    /// Runs on a loop that somebody else owns and ends: one of NIO's own (`MultiThreadedEventLoopGroup`).
    public convenience init(eventLoop: any EventLoop) {
        self.init(eventLoop: eventLoop, owning: nil)
    }

    private init(eventLoop: any EventLoop, owning group: MultiThreadedEventLoopGroup?) {
        self.eventLoop = eventLoop
        lane = EventLoopLane(eventLoop: eventLoop, owning: group)
    }

    public func now() -> Instant { Instant(nanoseconds: MonotonicClock.nanoseconds()) }

    public func wallClock() -> UInt64 { WallClock.nanoseconds() }

    public func random() -> UInt64 { RandomSource.next() }

    public func makeLane(for purpose: LanePurpose) -> any Lane {
        switch purpose {
        case .storage: WorkerLane(WorkerThread(name: "raft-storage"))
        case .machine: WorkerLane(WorkerThread(name: "raft-machine"))
        case .snapshot: WorkerLane(WorkerThread(name: "raft-snapshot"))
        }
    }
}
