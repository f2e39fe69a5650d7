import RaftCore
import RaftMembership
import RaftMemory

// Data that is not what its server left there. Today such a server is found out and stays away (rules D3, M10).
extension ClusterCore {
    /// Only a server that was healthy so far; who has been damaged is out of the game.
    func damage(_ node: SimulatedNode, _ fault: PlannedFault) {
        guard node.damage == nil else { return }
        switch fault.kind {
        case .rot:
            let last = node.disk.image.last.index
            guard last > 1 else { return }
            crash(node)
            node.disk.ghost = node.disk.image
            node.disk.image.rot(at: LogIndex(1 + fault.salt % last.rawValue))
            node.damage = .rot
        case .wipe:
            crash(node)
            node.disk.ghost = node.disk.image
            node.disk.image = DiskImage()
            node.damage = .wiped
        default:
            // An image that shows less than the mark knows: of what leaves no trace, nobody can tell (rule M10).
            guard let old = node.disk.copies.first(where: { isBehindItsMark($0, node) }) else { return }
            crash(node)
            node.disk.ghost = node.disk.image
            node.disk.image = old
            node.damage = .rolledBack
        }
        node.disk.forgetCopies()
        restart(node, after: fault.span)
    }

    private func isBehindItsMark(_ image: DiskImage, _ node: SimulatedNode) -> Bool {
        guard let mark = try? node.mark.read(), let recovered = try? image.recover(mutation: nil) else { return false }
        return mark.objection(to: recovered, of: node.id, location: "") != nil
    }
}
