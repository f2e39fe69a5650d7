// Formation and membership.
extension EventKind {
    @inlinable public static var configurationAdopted: EventKind {
        EventKind(
            "raft.configuration.adopted", "cf2914bc431b4b009aec8b0972d5a17c", .info, "index term",
            "A membership took effect on this node.")
    }

    @inlinable public static var clusterFormed: EventKind {
        EventKind(
            "raft.cluster.formed", "54e639a6cffe4cc68f3c0b0972ecec5d", .notice, "identity",
            "The cluster was formed and has its identity.")
    }

    @inlinable public static var formationWaiting: EventKind {
        EventKind(
            "raft.formation.waiting", "06adaaffe5364d81a87b5ee066c38369", .notice, "reason",
            "The cluster is not formed yet: some of the members named have not answered; start them.")
    }

    @inlinable public static var formationRefused: EventKind {
        EventKind(
            "raft.formation.refused", "8da80b71334e47e987a568243e59149d", .error, "reason",
            "The cluster was not formed; the reason says which member stands against it.")
    }

    @inlinable public static var configurationCommitted: EventKind {
        EventKind(
            "raft.configuration.committed", "809c1a81c9294854a30d8ffaaf180035", .notice, "index term",
            "A membership is committed: it will not be undone, and another change may begin.")
    }

    @inlinable public static var learnerReady: EventKind {
        EventKind(
            "raft.learner.ready", "8381a48f2257436fa1accf412452337c", .info, "peer count",
            "A learner keeps up with the log and may become a voter.")
    }

    @inlinable public static var memberReturned: EventKind {
        EventKind(
            "raft.member.returned", "62e80468685147c1a35bebb148ccc113", .warning, "peer",
            "A member lost its data and is taken in again as a learner; promote it when its disk can be trusted.")
    }

    @inlinable public static var changeFailed: EventKind {
        EventKind(
            "raft.change.failed", "04d0b16aeece482eb5a08494d1441104", .warning, "reason",
            "A change of membership was refused or not completed; the reason says why and what becomes of it.")
    }

    @inlinable public static var transferStarted: EventKind {
        EventKind(
            "raft.transfer.started", "78e46b4cad7142c08ca68ac746d21d64", .notice, "peer",
            "The leader hands leadership to another node; proposals are held off for a moment.")
    }

    @inlinable public static var transferEnded: EventKind {
        EventKind(
            "raft.transfer.ended", "4b2b9127e9f747a68b12afb544d72c8b", .notice, "peer",
            "Leadership was handed over; the node that took it leads a later term.")
    }

    @inlinable public static var transferFailed: EventKind {
        EventKind(
            "raft.transfer.failed", "5d9948a45b284c298353e5c92b295dff", .warning, "reason",
            "Leadership was not handed over; the reason says why, and the leader leads on where it can.")
    }

    @inlinable public static var nodeRemoved: EventKind {
        EventKind(
            "raft.node.removed", "f77a7e09cb154e50a9f801357775f900", .notice, "index",
            "This node was removed from the cluster and takes no further part; stop it, or add it again.")
    }

    @inlinable public static var departureUnheard: EventKind {
        EventKind(
            "raft.departure.unheard", "db620ab54dd44c3590cd9c4b2af0de26", .warning, "peer",
            "A removed node could not be told so; it does no harm, but should be stopped.")
    }
}
