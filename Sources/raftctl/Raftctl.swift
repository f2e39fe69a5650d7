import ArgumentParser

/// `raftctl`: the root of its commands. Global options may stand before the command's name or after it.
struct Raftctl: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raftctl",
        abstract: "Asks and operates a Raft cluster.",
        discussion: """
            Any member's client address will do as an endpoint: the client finds the leader and follows it.

            Exit codes: 0 done; 1 failed; 2 key not found; 3 no leader or not reachable within the time-out; \
            4 refused; 5 outcome unknown, it may or may not have been applied; 64 usage.
            """,
        version: "0.1.0",
        subcommands: [
            BootstrapCommand.self, StatusCommand.self, MetricsCommand.self, PutCommand.self, GetCommand.self,
            DeleteCommand.self, CompareAndSetCommand.self, ListCommand.self, WatchCommand.self,
            MemberCommand.self, TransferLeaderCommand.self, SnapshotCommand.self, CompactCommand.self,
            BackupCommand.self,
            RestoreCommand.self, TraceCommand.self,
        ])

    @OptionGroup(title: "Global options") var global: GlobalOptions
}
