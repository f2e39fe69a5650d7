/// A kind of span: a name that never changes its meaning, its fields, and what it covers.
public struct SpanName: Hashable, Sendable {
    /// How a span stands to others, as OpenTelemetry has it.
    public enum Role: String, Sendable {
        /// Waits for another process.
        case client
        /// Answers another process.
        case server
        case `internal`
    }

    /// Such as `raft.persist`.
    public let name: String
    public let role: Role
    /// Keys without their `raft.`, separated by spaces.
    public let fields: String
    /// One sentence.
    public let prose: String
    /// Begins a trace where the caller brings none, for one request in so many; everything else that begins a trace is
    /// rare, and recorded each time.
    public let isRequest: Bool

    @usableFromInline
    init(_ name: String, _ role: Role, _ fields: String, isRequest: Bool = false, _ prose: String) {
        self.name = name
        self.role = role
        self.fields = fields
        self.isRequest = isRequest
        self.prose = prose
    }

    /// In the order of a write's way; of all that a node or a client records.
    public static let all: [SpanName] = [
        .command, .call, .serve, .propose, .persist, .replicate, .commit, .apply, .read, .confirm, .answer, .election,
        .vote,
        .change, .snapshot, .sendSnapshot, .installSnapshot,
    ]

    public static let command = SpanName(
        "raft.command", .internal, "outcome", isRequest: true, "A command of raftctl, with all of its calls.")
    public static let call = SpanName(
        "raft.call", .client, "message outcome", isRequest: true,
        "A client's call, from its first attempt to its outcome.")
    public static let serve = SpanName(
        "raft.serve", .server, "message outcome index", isRequest: true,
        "A node answers a client's request, from its frame to its answer.")
    public static let propose = SpanName(
        "raft.propose", .internal, "outcome", isRequest: true,
        "A proposal made in this process, from the call of `Raft.propose` to its outcome.")
    public static let persist = SpanName(
        "raft.persist", .internal, "index count term",
        "A batch of entries becomes durable on this server, from the moment it is in the log in memory.")
    public static let replicate = SpanName(
        "raft.replicate", .client, "peer index count term",
        "An AppendEntries message to a peer, until the peer says that it has its entries.")
    public static let commit = SpanName(
        "raft.commit", .internal, "index count term",
        "A batch of entries, from the leader's log to its commit by a quorum.")
    public static let apply = SpanName(
        "raft.apply", .internal, "index",
        "Entries known to be committed wait for the state machine and are applied by it, on each server.")
    public static let read = SpanName(
        "raft.read", .internal, "outcome", isRequest: true,
        "A read made in this process, from the call of `Raft.read` to the machine's value.")
    public static let confirm = SpanName(
        "raft.confirm", .internal, "outcome",
        "A read waits for the proof that it may be answered: a lease, a round of heartbeats, the leader's index.")
    public static let answer = SpanName(
        "raft.answer", .server, "peer message term",
        "A server takes in a message on which a traced read of another one waits.")
    public static let election = SpanName(
        "raft.election", .internal, "term outcome",
        "A campaign, from the first pre-vote asked for to leadership or its end.")
    public static let vote = SpanName(
        "raft.vote", .server, "peer message term",
        "A server answers a candidate, its own disk's part included.")
    public static let change = SpanName(
        "raft.change", .internal, "outcome",
        "A change of the membership, from the call to the commit of the configuration asked for.")
    public static let snapshot = SpanName(
        "raft.snapshot", .internal, "index outcome",
        "A snapshot is taken, from the machine's view to the durable body.")
    public static let sendSnapshot = SpanName(
        "raft.snapshot.send", .client, "peer index outcome",
        "A snapshot is sent to a peer, until the peer has installed it.")
    public static let installSnapshot = SpanName(
        "raft.snapshot.install", .server, "peer index outcome",
        "A snapshot comes in from the leader, until the machine stands on it.")
}

extension SpanName {
    /// A table in Markdown.
    public static var markdown: String {
        var text = "| span | role | fields | covers |\n|---|---|---|---|\n"
        for name in all {
            let fields = name.fields.split(separator: " ").map { "`\($0)`" }.joined(separator: " ")
            text += "| `\(name.name)` | \(name.role) | \(fields) | \(name.prose) |\n"
        }
        return text
    }
}
