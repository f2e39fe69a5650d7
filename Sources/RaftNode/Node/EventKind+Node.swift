import RaftTracing

extension EventKind {
    static var configurationHint: EventKind {
        EventKind(
            "raft.configuration.hint", "218d5f97d40a44ef9b55a5c62a73926f",
            "The configuration is allowed and may not be what was meant.")
    }
}
