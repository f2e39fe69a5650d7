// Snapshots.
extension EventKind {
    @inlinable public static var snapshotTaken: EventKind {
        EventKind(
            "raft.snapshot.taken", "ef9ba1a2eefd4fbc8b5c5f43a9cafa6e", .info, "index term bytes",
            "This node wrote a snapshot of its machine and cut its log behind it.")
    }

    @inlinable public static var snapshotFailed: EventKind {
        EventKind(
            "raft.snapshot.failed", "1f9a38a960974785aae08cb188f05608", .warning, "reason",
            "A snapshot was not taken, or not received; the reason says why. The node works on, and it is tried again.")
    }

    @inlinable public static var snapshotOffered: EventKind {
        EventKind(
            "raft.snapshot.offered", "c5c2456809d14d3ea1a139b6c58d2e24", .info, "peer index bytes",
            "A peer needs entries that are compacted, so the leader sends it a snapshot.")
    }

    @inlinable public static var snapshotDelivered: EventKind {
        EventKind(
            "raft.snapshot.delivered", "ab85f53b325d49fab81049ced082318e", .info, "peer index bytes",
            "A peer has installed the snapshot that the leader sent and follows the log again.")
    }

    @inlinable public static var snapshotReceived: EventKind {
        EventKind(
            "raft.snapshot.received", "68a8cad318384cdca535905f5a4b0477", .notice, "index bytes",
            "The leader's snapshot is here, complete and verified; it takes the place of this node's log.")
    }

    @inlinable public static var snapshotInstalled: EventKind {
        EventKind(
            "raft.snapshot.installed", "ed12b757bbed49c6b1887f28a941955f", .notice, "index bytes",
            "This node's machine has the state of the leader's snapshot.")
    }
}
