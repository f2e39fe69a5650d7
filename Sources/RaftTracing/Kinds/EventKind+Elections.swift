// Roles and elections.
extension EventKind {
    @inlinable public static var roleChanged: EventKind {
        EventKind(
            "raft.role.changed", "a3db6c32a80a4149adb1e2f17306167f", .info, "role term",
            "This node took another role in its group.")
    }

    @inlinable public static var termChanged: EventKind {
        EventKind(
            "raft.term.changed", "c1ba3933a346437f8a1c10bdbd9fc0f1", .debug, "term",
            "This node entered a later term.")
    }

    @inlinable public static var leaderKnown: EventKind {
        EventKind(
            "raft.leader.known", "b7ec2c019fb54be181cf7f2bfb36d9c2", .info, "peer term",
            "This node learned which node leads its group.")
    }

    @inlinable public static var voteGranted: EventKind {
        EventKind(
            "raft.vote.granted", "9c4304628f2e46388ee25c10a84f861b", .info, "peer term",
            "This node gave its vote of the term to a candidate.")
    }

    @inlinable public static var voteRefused: EventKind {
        EventKind(
            "raft.vote.refused", "85b725dba4f54c3396fc732e0cfbe57d", .debug, "peer term",
            "This node refused its vote to a candidate: it hears a leader, has voted, or has more of the log.")
    }

    @inlinable public static var electionStarted: EventKind {
        EventKind(
            "raft.election.started", "eea734061ee840378a74d29f9418999f", .debug, "term",
            "This node heard from no leader for its election time-out and asks for votes.")
    }

    @inlinable public static var leaderElected: EventKind {
        EventKind(
            "raft.leader.elected", "fe231fb5abfc4434a7d7c1a2f7459fff", .info, "peer term",
            "A leader was elected; the group takes writes again.")
    }

    @inlinable public static var leaderLost: EventKind {
        EventKind(
            "raft.leader.lost", "3d9ab70ef16b4710b405e5bbd4b0ffb7", .info, "term",
            "The leader is no longer heard from; writes wait for the next election.")
    }

    @inlinable public static var quorumLost: EventKind {
        EventKind(
            "raft.quorum.lost", "dc0984229f84425eab65c9b62851d59a", .warning, "term",
            "The leader no longer reaches a quorum and steps down; check the peers and the network between them.")
    }

    @inlinable public static var votesWithheld: EventKind {
        EventKind(
            "raft.votes.withheld", "c79ef958c8f846918ae07ff0bad7f9c6", .info, "",
            "This node was restarted and may have promised a leader its vote; it votes again in a moment.")
    }

    @inlinable public static var leaseEnded: EventKind {
        EventKind(
            "raft.lease.ended", "1e89ec78a67b442aaab0ecbd13e5952b", .debug, "term",
            "This leader hands over; its lease reads ask a quorum for the rest of its term.")
    }

    @inlinable public static var readsUnanswered: EventKind {
        EventKind(
            "raft.reads.unanswered", "4ef7d4612ab84354b75a0672d56ae53a", .info, "peer count",
            "Reads on this node wait for the leader's word, which did not come in time; it is asked again.")
    }

    @inlinable public static var leaseChanged: EventKind {
        EventKind(
            "raft.lease.changed", "8e5f2bb0a4be4c7f9b6f6e0c92b2f0d3", .debug, "term state",
            "This leader's lease began or ran out; without one its lease reads ask a quorum.")
    }
}
