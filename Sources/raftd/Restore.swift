import ArgumentParser
import RaftNode

/// `raftd restore`
struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a backup the first state of a new cluster, in an empty data directory.",
        discussion: """
            For when a cluster is gone, or to copy one. The node becomes the only voter of a new cluster with an identity \
            of its own. Then start it; others join on empty directories, through raftctl member add. The backup is \
            verified first, and a directory with data is left alone. To put a backup into a cluster that runs, use \
            raftctl restore.

            Exit codes: 0 done; 1 not possible; 64 usage; 65 the node's mark tells of an earlier life.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Argument(help: "The backup, as raftctl backup wrote it.")
    var backup: String

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where other members will reach this node; without it, where it listens.", valueName: "address"))
    var address: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Do it although the node's mark tells of an earlier life, whose data is gone (amnesia).", valueName: "risk")
    )
    var accept: [RiskArgument] = []

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var output = Inspect.Format.text

    func run() throws {
        do {
            let registry = try makeRegistry()
            let report = try BackupRestoration.carryOut(
                configuration: try options.load(registry), registry: registry, backup: backup, address: address,
                accepting: Set(accept.map(\.risk)))
            raftd.output(output == .json ? try report.json() : report.text)
        } catch {
            report(error)
            throw ExitStatus.of(error)
        }
    }
}
