import NIOCore
import NIOPosix
import Synchronization

/// The threads that a node has besides those of its storage and its machine: the transport's, and one for clients where
/// the transport has no event loop to share.
final class NodeThreads: Sendable {
    private struct State {
        var group: MultiThreadedEventLoopGroup?
        var hasEnded = false
    }

    private let transport: ConfiguredTransport
    private let state = Mutex(State())

    init(_ transport: ConfiguredTransport) { self.transport = transport }

    /// The driver's loop where there is one, which spares each request two hops between threads.
    func eventLoopForClients() -> any EventLoop {
        if let eventLoop = transport.eventLoop { return eventLoop }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        state.withLock { $0.group = group }
        return group.next()
    }

    /// Nothing may be running on them any more. Idempotent.
    func end() async {
        let (isFirst, group) = state.withLock { state in
            defer { state.hasEnded = true }
            return (!state.hasEnded, state.group)
        }
        guard isFirst else { return }
        // Cannot fail the first time.
        try? await group?.shutdownGracefully()
        transport.release()
    }
}
