import RaftNode
import ServiceLifecycle
import UnixSignals

/// Reads the configuration again at each SIGHUP. A wrong file is reported, and the node goes on as it was.
struct Reloading: Service {
    let node: Node
    let load: @Sendable () throws -> NodeConfiguration

    init(node: Node, load: @escaping @Sendable () throws -> NodeConfiguration) {
        self.node = node
        self.load = load
    }

    func run() async throws {
        for await _ in await UnixSignalsSequence(trapping: .sighup).cancelOnGracefulShutdown() {
            node.reload(from: load)
        }
    }
}
