import RaftNode
import ServiceLifecycle
import UnixSignals

/// SIGUSR1 goes from one trace level to the next, for when there is no way to ask through a socket.
struct TraceLevelSignal: Service {
    let node: Node

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sigusr1).cancelOnGracefulShutdown() {
            node.cycleTraceLevel()
        }
    }
}
