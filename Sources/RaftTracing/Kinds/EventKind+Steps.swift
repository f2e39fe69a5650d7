// Every step of the protocol.
extension EventKind {
    @inlinable public static var messageSent: EventKind {
        EventKind(
            "raft.message.sent", "37c6d777e7be4609868729272d5d732d", .trace, "message peer term index count",
            "This node sent a message to a peer.")
    }

    @inlinable public static var messageReceived: EventKind {
        EventKind(
            "raft.message.received", "469550f417c448eebb92ed9040a21bba", .trace, "message peer term index count",
            "This node takes in a message of a peer.")
    }

    @inlinable public static var proposalsAppended: EventKind {
        EventKind(
            "raft.proposals.appended", "8c82f4d26cb94006a5f352a6d663c5da", .trace, "index count",
            "The leader appended proposals to its log.")
    }

    @inlinable public static var entriesFlushed: EventKind {
        EventKind(
            "raft.entries.flushed", "7a587e5e4eaa41a49fc0be8c402c7927", .trace, "index count",
            "Writes are durable: the log on disk reaches to the index.")
    }

    @inlinable public static var commitAdvanced: EventKind {
        EventKind(
            "raft.commit.advanced", "d9b208ae971448388646848b81a20c18", .trace, "index term",
            "This node learned that the log is committed to the index.")
    }

    @inlinable public static var entriesApplied: EventKind {
        EventKind(
            "raft.entries.applied", "1bac7c6f613e40ae8d818e91fe6f07c6", .trace, "index",
            "The machine has applied the log to the index.")
    }

    @inlinable public static var progressChanged: EventKind {
        EventKind(
            "raft.progress.changed", "3dbf878e427f4ebfbde000f72b8234c9", .debug, "peer state index",
            "The leader sends entries to a peer in another way.")
    }

    @inlinable public static var requestEnded: EventKind {
        EventKind(
            "raft.request.ended", "3b1d3f0f5c0e4b6b8f5b0c7a9d7e2a41", .trace, "message outcome index",
            "A request of a client was answered.")
    }
}
