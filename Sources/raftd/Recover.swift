import ArgumentParser
import RaftNode

/// `raftd recover`
struct Recover: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes one survivor of a cluster that has lost its majority for good a new cluster.",
        discussion: """
            For when no majority will ever come back; a cluster that only waits for nodes to start needs nothing. Stop \
            every node first. Without --confirm it changes nothing: it prints what the directory holds and what may be \
            lost. With it the node becomes the only voter of a new cluster with another identity, which has all that the \
            directory holds. Then start it; every other node, survivors too, joins on an empty directory, through raftctl \
            member add. Nodes of the old cluster are refused.

            Exit codes: 0 done; 1 not possible, or another survivor has more; 64 usage, or not confirmed; 65 the data is \
            gone, older than it was, or a copy.
            """)

    @OptionGroup var options: ConfigurationOptions

    @Option(
        name: .long,
        help: ArgumentHelp(
            "A member that is still there, this node too; with its data directory, that is looked at in case it has "
                + "more. Once for each.", valueName: "id[=directory]"))
    var survivor: [SurvivorArgument]

    @Option(
        name: .long,
        help: ArgumentHelp("The identity of the cluster to give up: do it.", valueName: "identity"))
    var confirm: String?

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Do it although the data is not what the node left (amnesia), another survivor has more (older), or entries of "
                + "the log are damaged (damage). May be repeated.", valueName: "risk"))
    var accept: [RiskArgument] = []

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Where other members will reach this node; without it, where they did.", valueName: "address"))
    var address: String?

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var output = Inspect.Format.text

    func validate() throws {
        guard !survivor.isEmpty else { throw ValidationError("name every survivor with --survivor ID") }
        for (position, one) in survivor.enumerated()
        where survivor[..<position].contains(where: { $0.survivor.id == one.survivor.id }) {
            throw ValidationError("survivor \(one.survivor.id) is named twice")
        }
    }

    func run() throws {
        do {
            let registry = try makeRegistry()
            let recovery = try QuorumRecovery(
                configuration: try options.load(registry), registry: registry,
                survivors: survivor.map(\.survivor), address: address)
            defer { recovery.close() }
            do {
                try recovery.carryOut(confirming: confirm, accepting: Set(accept.map(\.risk)))
            } catch {
                try show(recovery.report)
                throw error
            }
            try show(recovery.report)
        } catch {
            report(error)
            throw ExitStatus.of(error)
        }
    }

    private func show(_ report: RecoveryReport) throws {
        raftd.output(output == .json ? try report.json() : report.text)
    }
}

/// What is accepted, as `--accept` has it.
struct RiskArgument: ExpressibleByArgument {
    let risk: RecoveryRisk

    init?(argument: String) {
        guard let risk = RecoveryRisk(rawValue: argument) else { return nil }
        self.risk = risk
    }

    static var allValueStrings: [String] { RecoveryRisk.allCases.map(\.rawValue) }
}

/// A member, and where its data is: `2` or `2=/var/lib/raftd/2`.
struct SurvivorArgument: ExpressibleByArgument {
    let survivor: QuorumRecovery.Survivor

    init?(argument: String) {
        guard let survivor = QuorumRecovery.Survivor(argument) else { return nil }
        self.survivor = survivor
    }
}

extension ExitStatus {
    /// Of a command that works on data.
    static func of(_ error: any Error) -> ExitCode {
        switch error {
        case let error as ExitCode: error
        case is ConfigurationError, is RegistryError: usage
        case let error as RecoveryRefused: error.kind == .usage ? usage : failed
        default: Node.isAmnesia(error) ? amnesiac : failed
        }
    }
}
