import NIOCore
import NIOPosix
import Synchronization

/// The threads that a node has besides those of its storage and its machine: the transport's, one for clients where the
/// transport has no event loop to share, and one for metrics where they are served.
final class NodeThreads: Sendable {
    private struct State {
        var groups: [MultiThreadedEventLoopGroup] = []
        var hasEnded = false
    }

    private let transport: ConfiguredTransport
    private let state = Mutex(State())

    init(_ transport: ConfiguredTransport) { self.transport = transport }

    /// The driver's loop where there is one, which spares each request two hops between threads.
    func eventLoopForClients() -> any EventLoop {
        transport.eventLoop ?? makeEventLoop()
    }

    /// One of their own: writing them out takes its time, and the driver's loop has none for that.
    func eventLoopForMetrics() -> any EventLoop { makeEventLoop() }

    private func makeEventLoop() -> any EventLoop {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        state.withLock { $0.groups.append(group) }
        return group.next()
    }

    /// Nothing may be running on them any more. Idempotent.
    func end() async {
        let (isFirst, groups) = state.withLock { state in
            defer { state.hasEnded = true }
            return (!state.hasEnded, state.groups)
        }
        guard isFirst else { return }
        // Cannot fail the first time.
        for group in groups { try? await group.shutdownGracefully() }
        transport.release()
    }
}
