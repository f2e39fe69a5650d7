// Peers and their connections.
extension EventKind {
    @inlinable public static var peerConnected: EventKind {
        EventKind(
            "raft.peer.connected", "59f3b4d54fd8468a944830927ca20c93", .info, "peer address",
            "A connection to a peer is up and its handshake was accepted.")
    }

    @inlinable public static var peerDisconnected: EventKind {
        EventKind(
            "raft.peer.disconnected", "9dbf4596f90f447eb7829b46c621bbb2", .info, "peer address reason",
            "The connection to a peer ended; it is tried again with growing pauses.")
    }

    @inlinable public static var peerRefused: EventKind {
        EventKind(
            "raft.peer.refused", "863a93b6b9b246e69a77117cda39cdf3", .warning, "peer address reason",
            "A peer was turned away: it is of another cluster, no member, or a former incarnation.")
    }

    @inlinable public static var peerSuspect: EventKind {
        EventKind(
            "raft.peer.suspect", "db09f68d83ec4ab9b24463cdf950353c", .error, "peer index",
            "A peer no longer has entries that it acknowledged; its data may be gone, older than it was, or damaged.")
    }

    @inlinable public static var peerFull: EventKind {
        EventKind(
            "raft.peer.full", "33d235a9aead83ba20aa79ad300e5ca3", .warning, "peer",
            "A peer says that its disk is full; it gets no entries, and leadership is not handed to it.")
    }

    @inlinable public static var peerRoom: EventKind {
        EventKind(
            "raft.peer.room", "a342488c1c313593ee681f08e7ad533f", .info, "peer",
            "The disk of a peer has room again, and it gets entries.")
    }

    @inlinable public static var handshakeFailed: EventKind {
        EventKind(
            "raft.handshake.failed", "7497dab11bd0449088b063df0e790238", .warning, "reason",
            "A connection was closed because its handshake was wrong; something else may be using the address.")
    }

    @inlinable public static var frameRefused: EventKind {
        EventKind(
            "raft.frame.refused", "6a91d71062964effb3b1b44239f7ad72", .warning, "peer address reason",
            "A connection was closed because a frame on it was damaged or too large.")
    }

    @inlinable public static var peerAmnesiac: EventKind {
        EventKind(
            "raft.peer.amnesiac", "5b4df5a57028511869d1fbaf68a4398c", .error, "reason",
            "A peer has less than it had when it was seen before: its data was rolled back or copied; it is not listened to."
        )
    }
}
