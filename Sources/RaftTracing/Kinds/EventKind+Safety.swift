// Safety.
extension EventKind {
    @inlinable public static var protocolViolation: EventKind {
        EventKind(
            "raft.protocol.violation", "23aa61e7b319474f835af14b3140d995", .error, "reason",
            "A peer sent what the protocol rules out; it was not acted upon. Report this with the record.")
    }

    @inlinable public static var messageIgnored: EventKind {
        EventKind(
            "raft.message.ignored", "95e625e4dda74c70ac19a8d791835199", .debug, "peer reason",
            "A message was not acted upon: it is of another group, or of a member that is none any more.")
    }

    @inlinable public static var messageRefused: EventKind {
        EventKind(
            "raft.message.refused", "da15e8a4ea794cb48fd216259fe95d02", .error, "peer bytes",
            "A message to a peer is larger than the transport allows and was dropped; lower the size of batches.")
    }

    @inlinable public static var nodeFenced: EventKind {
        EventKind(
            "raft.node.fenced", "65973a8c84df47d193a17deea0bc9082", .critical, "reason",
            "This node stopped taking part to keep the group safe; the reason says what to do.")
    }

    @inlinable public static var nodeAmnesiac: EventKind {
        EventKind(
            "raft.node.amnesiac", "fa727f9f1f4dc3d307318a2e09d3d3a8", .error, "reason",
            "This node's data is gone, older than it was, or a copy; it comes back as a learner. Look at its disk, then promote it."
        )
    }

    @inlinable public static var nodeDisowned: EventKind {
        EventKind(
            "raft.node.disowned", "eb7c355955a64fbdbd81eed1d3ad8df1", .critical, "reason",
            "A peer remembers more of this node than its own data tells; it ends, and begins another life when it is started again."
        )
    }
}
