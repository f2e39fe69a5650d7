// The log.
extension EventKind {
    @inlinable public static var conflictRepaired: EventKind {
        EventKind(
            "raft.conflict.repaired", "ce0fe2db05f94e6da21bc8096f3349ff", .debug, "peer index",
            "A follower's log differed from the leader's and was made the same again.")
    }

    @inlinable public static var entriesTruncated: EventKind {
        EventKind(
            "raft.entries.truncated", "11f448b11f18456f92247b2941821f21", .notice, "index count",
            "Entries that were never committed were removed in favour of the leader's.")
    }

    @inlinable public static var proposalsLost: EventKind {
        EventKind(
            "raft.proposals.lost", "4df61a01ba194c18834e284f635b1ace", .notice, "count index",
            "Proposals ended without a known outcome because the leadership moved.")
    }

    @inlinable public static var logDamaged: EventKind {
        EventKind(
            "raft.log.damaged", "b72baa958cdb4abc80133a5e5aa08df1", .error, "index",
            "Entries on this disk are not what was written; they come back from the leader, but look at the disk.")
    }

    @inlinable public static var logRepaired: EventKind {
        EventKind(
            "raft.log.repaired", "cc2d71b77b4e4a43b8860d55f9e82fcf", .notice, "index",
            "Damaged entries were replaced by the leader's; the log is whole again.")
    }

    @inlinable public static var peerDamaged: EventKind {
        EventKind(
            "raft.peer.damaged", "4b410831868d493caffc29877f1c93bc", .warning, "peer index",
            "A peer found damage in its log and gets those entries again; look at its disk.")
    }
}
