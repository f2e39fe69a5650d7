import RaftMembership

// Servers that come back in another life, without what they had (rule M10).
extension RaftEngine {
    private static let rememberedLives = 256

    /// The transport has met this server. Followers remember it as well: any of them may have to take it in.
    mutating func noteLife(of peer: Member, _ now: Instant, _ fx: inout Effects) {
        guard peer.id != member.id else { return }
        if let at = lives.firstIndex(where: { $0.id == peer.id }) {
            lives[at] = peer
        } else if lives.count < Self.rememberedLives {
            lives.append(peer)
        }
        if isReturned(peer) { advanceMembership(now, &fx) }
    }

    /// Whether the configuration has an earlier life of this server.
    private func isReturned(_ peer: Member) -> Bool {
        guard let slot = membership.slot(of: peer.id) else { return false }
        return membership.members[slot].member.incarnation < peer.incarnation
    }

    /// The former life first loses its vote, then its place. Either step says by itself how to go on, so that any leader
    /// finishes what another began. True when one was taken.
    mutating func takeInReturned(_ now: Instant, _ fx: inout Effects) -> Bool {
        guard transfer == nil, !breaks(.leaveReturnedOut) else { return false }
        for peer in lives where isReturned(peer) {
            guard let slot = progress.firstIndex(where: { $0.member.id == peer.id && $0.departure == nil }),
                let heard = times.peers[slot].lastHeard,
                // Somebody runs on a copy of its data.
                now - heard > configuration.electionTimeout.upperBound
            else { continue }
            let demoted =
                membership.isVoter(peer.id)
                ? try? membership.goal(of: [.demote(peer.id)], incarnation: { _ in .unknown })
                : nil
            guard let goal = demoted ?? membership.replacing(peer),
                case .append(let next) = membership.step(toward: goal, isCaughtUp: { _ in true })
            else { continue }
            fx.append(.trace(.memberReturned(peer)))
            append(next, now, &fx)
            return true
        }
        return false
    }
}
