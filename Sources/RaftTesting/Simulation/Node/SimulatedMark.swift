import RaftCore
import RaftMembership
import RaftMemory

/// The mark of one server, written by one process of it: a crash may come before any write.
///
/// Unchecked, because a simulation is confined to one thread.
final class SimulatedMark: MarkStore, @unchecked Sendable {
    private let life: SimulatedLife

    init(life: SimulatedLife) { self.life = life }

    var location: String { life.node.mark.location }

    func read() throws -> NodeMark? { try life.node.mark.read() }

    func write(_ mark: NodeMark) throws {
        // While a dying process's last writes reach the disk, its mark does not.
        guard life.storage?.survivors == nil, life.passesBoundary() else {
            throw StorageError(.io, "the process is dead")
        }
        try life.node.mark.write(mark)
    }
}
