import RaftCore
import RaftMembership
import RaftMemory

// Data that is not what its server left there: damaged entries, which come back from a leader (rule D3), or less than there
// was (rule M10).
extension ClusterCore {
    /// Only a server that is healthy.
    func damage(_ node: SimulatedNode, _ fault: PlannedFault) {
        guard node.damage == nil else { return }
        switch fault.kind {
        case .rot:
            // Where a storage of the user's own keeps what, only its conformance suite finds out.
            guard node.disk.image.last.index - node.disk.image.base.index > 1, !hasOwnStorage, maySpare(node) else {
                return
            }
            crash(node)
            // With the process a write may have come to the disk that cuts the log.
            let base = node.disk.image.base.index
            let length = node.disk.image.last.index - base
            guard length > 0 else {
                restart(node, after: fault.span)
                return
            }
            if fault.salt % 7 == 3, node.disk.image.rotBody(at: fault.salt >> 8) {
                node.damage = .rot
                break
            }
            // One entry, or several, the last one more often than others.
            for number in 0...fault.salt % 3 {
                let place = (fault.salt >> (8 * number)) % UInt64(length)
                node.disk.image.rot(
                    at: base + Int(fault.salt.isMultiple(of: 5) ? UInt64(length) - number % UInt64(length) : 1 + place))
            }
            node.damage = .rot
        case .wipe:
            crash(node)
            node.disk.replace(with: DiskImage(), SimulatedFiles.State())
            node.damage = .wiped
        case .wipeWithMark where nodes.allSatisfy({ $0.damage != .emptied }):
            crash(node)
            node.disk.replace(with: DiskImage(), SimulatedFiles.State())
            node.mark.stored = nil
            node.damage = .emptied
        case .rollbackWithMark:
            rollBackWithMark(node, tries: 100)
            return
        default:
            // An image that shows less than the mark knows: of what leaves no trace, nobody can tell (rule M10).
            guard let old = node.disk.copies.first(where: { isBehindItsMark($0.image, node) }) else { return }
            crash(node)
            node.disk.replace(with: old.image, old.files)
            node.damage = .rolledBack
        }
        node.disk.forgetCopies()
        restart(node, after: fault.span)
    }

    /// Whether a quorum of intact disks is left when this one is damaged too.
    private func maySpare(_ node: SimulatedNode) -> Bool {
        let membership = properties.committedConfiguration.membership
        guard !membership.isEmpty, !isCalm else { return false }
        return properties.isQuorum(of: membership) { member in
            guard let other = properties.node(of: member) else { return false }
            return other !== node && other.damage == nil
        }
    }

    /// Data and mark of an earlier day, put back together: nothing on this server tells, so that it takes a peer that
    /// remembers it. Where none does, nobody can tell (rule M10), and it is not done.
    private func rollBackWithMark(_ node: SimulatedNode, tries: Int) {
        guard node.damage == nil, !isCalm else { return }
        for copy in node.disk.copies {
            let witnesses = nodes.filter { $0 !== node && remembers($0, node, beyond: copy.image) }
            if witnesses.isEmpty { continue }
            crash(node)
            node.disk.replace(with: copy.image, copy.files)
            node.mark.stored = copy.mark
            node.disk.forgetCopies()
            node.damage = .rolledBackWithMark
            node.fate = .fine
            start(node)
            // They are met first: whom it meets before, it could deceive.
            for witness in witnesses { greet(node, witness) }
            return
        }
        if tries > 0 { world.after(1_000_000_000) { [unowned self] in rollBackWithMark(node, tries: tries - 1) } }
    }

    private func isBehindItsMark(_ image: DiskImage, _ node: SimulatedNode) -> Bool {
        guard let mark = try? node.mark.read(), let recovered = try? image.recover(mutation: nil) else { return false }
        return mark.objection(to: recovered, of: node.id, location: "") != nil
    }
}
