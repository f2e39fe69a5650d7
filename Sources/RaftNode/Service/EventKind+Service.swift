import RaftTracing

extension EventKind {
    static var configurationReloaded: EventKind {
        EventKind(
            "raft.configuration.reloaded", "4f8459754a1b49cb9940dd201c174f04",
            "The configuration was read again; what cannot change while a node runs counts from its next start on.")
    }
    static var configurationRefused: EventKind {
        EventKind(
            "raft.configuration.refused", "685b290b8acf47c6a3b17b92597369ce",
            "The configuration was read again and is wrong: the node goes on with the former one. Correct and reload it."
        )
    }
    static var watchdogWithheld: EventKind {
        EventKind(
            "raft.watchdog.withheld", "496f2ca82eab4fc79794b0901bf0d1a0",
            "A part of the node does not move; unless it does soon, the service manager restarts the node. Look at its disk."
        )
    }
    static var watchdogResumed: EventKind {
        EventKind(
            "raft.watchdog.resumed", "fdbf9d9cacf24676b853178bd06adca9", "Every part of the node moves again.")
    }
    static var handoverFailed: EventKind {
        EventKind(
            "raft.handover.failed", "e3a8d9053733453491be5869d4f98576",
            "A leader was stopped and nobody took over in time: an election follows.")
    }
}
