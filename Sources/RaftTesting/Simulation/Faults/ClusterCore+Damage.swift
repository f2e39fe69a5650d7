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
            guard mayRot(node) else { return }
            crash(node)
            // With the process a write may have come to the disk that cuts the log.
            let length = node.disk.image.last.index - node.disk.image.base.index
            if length > 0, fault.salt % 7 == 3, node.disk.image.rotBody(at: fault.salt >> 8) {
                node.damage = .rot
            } else {
                rotEntries(node, fault.salt, among: length)
            }
        case .wipe, .wipeWithMark:
            guard mayLose(node) else { return }
            crash(node)
            empty(node)
            if fault.kind == .wipeWithMark {
                node.mark.stored = nil
                node.damage = .emptied
            }
        case .rollbackWithMark:
            rollBackWithMark(node, tries: 100)
            return
        default:
            // An image that shows less than the mark knows: of what leaves no trace, nobody can tell (rule M10).
            guard mayLose(node), let old = node.disk.copies.first(where: { isBehindItsMark($0.image, node) }) else {
                return
            }
            crash(node)
            node.disk.replace(with: old.image, old.files)
            node.damage = .rolledBack
        }
        node.disk.forgetCopies()
        restart(node, after: fault.span)
    }

    /// Where a storage of the user's own keeps what, only its conformance suite finds out.
    func mayRot(_ node: SimulatedNode) -> Bool {
        node.damage == nil && node.disk.image.last.index - node.disk.image.base.index > 1 && !hasOwnStorage
            && maySpare(node)
    }

    /// One entry of the last so many, or several, the very last more often than others.
    func rotEntries(_ node: SimulatedNode, _ salt: UInt64, among length: Int) {
        guard length > 0 else { return }
        let first = node.disk.image.last.index.rawValue - UInt64(length)
        for number in 0...salt % 3 {
            let place = (salt >> (8 * number)) % UInt64(length)
            node.disk.image.rot(
                at: LogIndex(
                    first + (salt.isMultiple(of: 5) ? UInt64(length) - number % UInt64(length) : 1 + place)))
        }
        node.damage = .rot
    }

    /// Takes the data of a server that is down, and not its mark.
    func empty(_ node: SimulatedNode) {
        node.disk.replace(with: DiskImage(), SimulatedFiles.State())
        node.damage = .wiped
    }

    /// Who belongs to no cluster has nothing to lose.
    private func mayLose(_ node: SimulatedNode) -> Bool {
        node.disk.image.hardState?.cluster != nil && (allowsAnyLoss || maySpare(node))
    }

    /// Whether a quorum of intact disks is left when this one is damaged too, whichever configuration is in effect.
    private func maySpare(_ node: SimulatedNode) -> Bool {
        let committed = properties.committedConfiguration
        guard !committed.membership.isEmpty, !isCalm, nodes.allSatisfy({ $0.life?.driver?.engine.change == nil }) else {
            return false
        }
        return properties.configurations.filter { $0.id.index >= committed.id.index }.allSatisfy { logged in
            // What a witness has acknowledged may be nowhere else than here (rule X4).
            let membership = logged.membership
            let isOnlyCopy = membership.voters.contains { membership.kind(of: $0) == .witness }
            return (!isOnlyCopy || membership.kind(of: node.id) == .witness)
                && properties.isQuorum(of: logged.membership) { member in
                    member.id != node.id && properties.isIntact(member)
                }
        }
    }

    /// Data and mark of an earlier day, put back together: nothing on this server tells, so that it takes a peer that
    /// remembers it. Where none does, nobody can tell (rule M10), and it is not done.
    private func rollBackWithMark(_ node: SimulatedNode, tries: Int) {
        guard node.damage == nil, !isCalm, mayLose(node) else { return }
        for copy in node.disk.copies where copy.image.hardState?.member == node.disk.image.hardState?.member {
            guard nodes.contains(where: { $0 !== node && remembers($0, node, beyond: copy.image) }) else { continue }
            crash(node)
            node.disk.replace(with: copy.image, copy.files)
            node.mark.stored = copy.mark
            node.disk.forgetCopies()
            node.damage = .rolledBackWithMark
            start(node)
            return
        }
        if tries > 0 { world.after(1_000_000_000) { [unowned self] in rollBackWithMark(node, tries: tries - 1) } }
    }

    private func isBehindItsMark(_ image: DiskImage, _ node: SimulatedNode) -> Bool {
        guard let mark = try? node.mark.read(), let recovered = try? image.recover(mutation: nil) else { return false }
        return mark.objection(to: recovered, of: node.id, location: "") != nil
    }
}
