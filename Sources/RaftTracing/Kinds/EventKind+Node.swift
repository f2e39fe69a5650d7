// The node.
extension EventKind {
    @inlinable public static var nodeStarted: EventKind {
        EventKind(
            "raft.node.started", "5d2535a372584ed4877f5b2ed8e305c5", .notice, "",
            "The node is up.")
    }

    @inlinable public static var nodeStopping: EventKind {
        EventKind(
            "raft.node.stopping", "1396cbb5cdca49ed83e3f7f60ac2c1a5", .notice, "",
            "The node is shutting down.")
    }

    @inlinable public static var nodeStopped: EventKind {
        EventKind(
            "raft.node.stopped", "dceafc480b4f4de58b06b2260db6c0d9", .notice, "",
            "The node has shut down.")
    }

    @inlinable public static var configurationIgnored: EventKind {
        EventKind(
            "raft.configuration.ignored", "b95a15d12e3a42278b3a7f651b44ed96", .warning, "peer reason",
            "A setting has no effect; the reason says why.")
    }

    @inlinable public static var configurationHint: EventKind {
        EventKind(
            "raft.configuration.hint", "218d5f97d40a44ef9b55a5c62a73926f", .notice, "reason",
            "The configuration is allowed and may not be what was meant.")
    }

    @inlinable public static var levelChanged: EventKind {
        EventKind(
            "raft.level.changed", "20c376d753e04b57abfd5c2e5ada3853", .notice, "level module",
            "The level of trace records was changed while the node runs.")
    }

    @inlinable public static var configurationReloaded: EventKind {
        EventKind(
            "raft.configuration.reloaded", "4f8459754a1b49cb9940dd201c174f04", .notice, "",
            "The configuration was read again; what cannot change while a node runs counts from its next start on.")
    }

    @inlinable public static var configurationRefused: EventKind {
        EventKind(
            "raft.configuration.refused", "685b290b8acf47c6a3b17b92597369ce", .error, "reason",
            "The configuration was read again and is wrong: the node goes on with the former one. Correct and reload it."
        )
    }

    @inlinable public static var watchdogWithheld: EventKind {
        EventKind(
            "raft.watchdog.withheld", "496f2ca82eab4fc79794b0901bf0d1a0", .error, "reason",
            "A part of the node does not move; unless it does soon, the service manager restarts the node. Look at its disk."
        )
    }

    @inlinable public static var watchdogResumed: EventKind {
        EventKind(
            "raft.watchdog.resumed", "fdbf9d9cacf24676b853178bd06adca9", .notice, "",
            "Every part of the node moves again.")
    }

    @inlinable public static var handoverFailed: EventKind {
        EventKind(
            "raft.handover.failed", "e3a8d9053733453491be5869d4f98576", .warning, "reason",
            "A leader was stopped and nobody took over in time: an election follows.")
    }

    @inlinable public static var recordsDropped: EventKind {
        EventKind(
            "raft.records.dropped", "c5efe699b5af4a558dc9e9570597b577", .warning, "count",
            "Trace records were dropped because their sink was full or stood still; the count says how many.")
    }

    @inlinable public static var spanEnded: EventKind {
        EventKind(
            "raft.span.ended", "b3252a5c063e4bd08779b245369829f5", .info, "span nanoseconds parent reason",
            "A part of a trace has ended; TRACE_ID finds the others. Its fields are those of its span.")
    }
}
