import RaftClient
import RaftCore

extension ReadGuarantee {
    /// What a client asks for; nil for what only a later release knows.
    init?(_ consistency: ReadConsistency) {
        guard consistency.isKnown else { return nil }
        switch consistency {
        case .linearizable: self = .linearizable
        case .lease: self = .lease
        case .follower: self = .follower
        case .stale: self = .stale
        default: self = ReadGuarantee(kind: .stale(atMost: consistency.atMost))
        }
    }
}
