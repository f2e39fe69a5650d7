import ArgumentParser
import Glibc
import RaftClient
import RaftCore

/// How results are written.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Options of every command.
struct GlobalOptions: ParsableArguments {
    @Option(
        name: .long,
        help: ArgumentHelp(
            "The client address of a member, such as unix:/run/raftd/1.client.sock. May be given several times. "
                + "Without it RAFTCTL_ENDPOINTS counts, separated by commas.",
            valueName: "address"))
    var endpoint: [String] = []

    @Option(
        name: .customLong("timeout"),
        help: ArgumentHelp(
            "How long to try, such as 500ms, 5s or 1m. (default: 5s; 60s for snapshots, backups and changes of the membership)",
            valueName: "time"))
    var givenTimeout: TimeArgument?

    var timeout: TimeArgument { givenTimeout ?? TimeArgument(.seconds(5)) }

    @Option(name: .long, help: "How to write the result: text or json.")
    var output = OutputFormat.text

    @Flag(name: .long, help: "Ask exactly the first endpoint, and do not go where the leader is.")
    var noFollow = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Trace what the command causes: its own spans go to this file, those of nodes where they put theirs. A "
                + "trace in TRACEPARENT is gone on with either way.",
            valueName: "file"))
    var spans: String?

    /// Where to ask.
    /// - Throws: `Failure` with the status for usage when there is none or one is no address.
    func endpoints() throws(Failure) -> [RaftAddress] {
        var texts = endpoint
        if texts.isEmpty, let variable = getenv("RAFTCTL_ENDPOINTS") {
            texts = String(cString: variable).split(separator: ",").map {
                String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        guard !texts.isEmpty else {
            throw Failure(
                .usage, "no endpoint: give a member's client address with --endpoint or in RAFTCTL_ENDPOINTS")
        }
        var addresses: [RaftAddress] = []
        for text in texts {
            do throws(TransportError) {
                let address = try RaftAddress(text)
                if !addresses.contains(address) { addresses.append(address) }
            } catch {
                throw Failure(.usage, error.message)
            }
        }
        return addresses
    }

    /// A client as the options want it; `addresses` replaces the endpoints.
    func client(
        for addresses: [RaftAddress]? = nil, standardTimeout: Duration = .seconds(5), followsLeader: Bool = true
    ) throws(Failure) -> RaftClient {
        var endpoints: [RaftAddress] = if let addresses { addresses } else { try self.endpoints() }
        if noFollow { endpoints = Array(endpoints.prefix(1)) }
        var options = RaftClientOptions()
        options.timeout = givenTimeout?.duration ?? standardTimeout
        options.followsLeader = followsLeader && !noFollow
        let (tracer, trace) = try CommandTrace.begin(spans)
        options.trace = trace
        return RaftClient(endpoints: endpoints, options: options, tracer: tracer)
    }
}
