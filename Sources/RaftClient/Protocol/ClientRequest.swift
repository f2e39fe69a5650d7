public import RaftCore
public import RaftMembership
public import RaftTracing

/// What a client asks of a node.
public struct ClientRequest: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case propose([UInt8])
        case query([UInt8], ReadConsistency)
        case status
        case members
        case bootstrap([Founder])
        case change([MembershipChange], expected: LogID?)
        case transfer(to: NodeID?)
        case snapshot(compacts: Bool)
        case backup(ReadConsistency)
        case backupChunk(SnapshotID, offset: UInt64, count: UInt32)
        case metrics(MetricsFormat)
        case openSession
        case proposeInSession([UInt8], SessionCall)
        case closeSession(SessionID)
        /// Nil only asks.
        case traceLevel(TraceLevel?, module: String)
        case recording(from: UInt64)
        /// A kind that this release does not know. Only what a server has received.
        case unsupported(UInt8)
    }

    /// A member that a cluster is formed from.
    package struct Founder: Hashable, Sendable {
        package var id: NodeID
        /// Where its peers reach it, best first.
        package var addresses: [String]

        package init(id: NodeID, addresses: [String]) {
            self.id = id
            self.addresses = addresses
        }
    }

    /// How metrics are written.
    package struct MetricsFormat: RawRepresentable, Hashable, Sendable {
        package let rawValue: UInt8
        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Prometheus' text format, version 0.0.4.
        package static let prometheus = MetricsFormat(rawValue: 1)
    }

    package let kind: Kind
    /// What has caused it, sampled or not; nil when that is not known.
    package var trace: TraceContext?

    package init(_ kind: Kind, trace: TraceContext? = nil) {
        self.kind = kind
        self.trace = trace
    }

    /// A command, as the machine's codec wrote it; answered with its output.
    public static func propose(_ command: [UInt8]) -> ClientRequest { ClientRequest(.propose(command)) }

    /// A query, as the machine's codec wrote it; answered with bytes.
    public static func query(_ query: [UInt8], _ consistency: ReadConsistency = .linearizable) -> ClientRequest {
        ClientRequest(.query(query, consistency))
    }

    /// What the node says of itself.
    public static let status = ClientRequest(.status)

    /// The configuration as the node knows it.
    public static let members = ClientRequest(.members)

    /// Forms a cluster from exactly these members (rule M9); answered with its identity.
    public static func bootstrap(_ members: [NodeID: [String]]) -> ClientRequest {
        ClientRequest(
            .bootstrap(members.sorted { $0.key < $1.key }.map { Founder(id: $0.key, addresses: $0.value) }))
    }

    /// Changes the membership, all of it as one change (§6); answered with the configuration that came of it.
    ///
    /// - Parameter expected: the position of the configuration that the change was decided upon; nil for any.
    public static func change(_ changes: [MembershipChange], ifMembershipIs expected: LogID? = nil) -> ClientRequest {
        ClientRequest(.change(changes, expected: expected))
    }

    /// Hands leadership to this voter, or to the best one (D§3.10); answered with who leads then.
    public static func transferLeadership(to target: NodeID? = nil) -> ClientRequest {
        ClientRequest(.transfer(to: target))
    }

    /// Takes a snapshot of all that the node has applied (§7), and cuts its log behind it: as configured, or without a tail.
    public static func snapshot(compacting: Bool = false) -> ClientRequest {
        ClientRequest(.snapshot(compacts: compacting))
    }

    /// Has the node take a snapshot to be read as a backup: of everything acknowledged before, or, stale, of what the node
    /// has applied.
    public static func backup(stale: Bool = false) -> ClientRequest {
        ClientRequest(.backup(stale ? .stale : .linearizable))
    }

    /// Bytes of the body of a snapshot that a node has offered as a backup.
    public static func backupChunk(of snapshot: SnapshotID, at offset: UInt64, count: Int) -> ClientRequest {
        ClientRequest(.backupChunk(snapshot, offset: offset, count: UInt32(clamping: count)))
    }

    /// The node's metrics in Prometheus' text format, version 0.0.4; answered with UTF-8.
    public static let metrics = ClientRequest(.metrics(.prometheus))

    /// Opens a client session (D§6.3); answered with it.
    public static let openSession = ClientRequest(.openSession)

    /// An attempt at a command of a session; answered with the output of the first one that was applied.
    public static func propose(_ command: [UInt8], as call: SessionCall) -> ClientRequest {
        ClientRequest(.proposeInSession(command, call))
    }

    /// Closes a session; answered with an empty output.
    public static func close(_ session: SessionID) -> ClientRequest { ClientRequest(.closeSession(session)) }

    /// The levels of the node's trace records.
    public static let traceLevels = ClientRequest(.traceLevel(nil, module: ""))

    /// Changes them, of one module or of all; answered with the levels.
    public static func setTraceLevel(_ level: TraceLevel, of module: String? = nil) -> ClientRequest {
        ClientRequest(.traceLevel(level, module: module ?? ""))
    }

    /// A part of what the node's flight recorder holds, from an event of this number on.
    public static func recording(from first: UInt64 = 1) -> ClientRequest { ClientRequest(.recording(from: first)) }

    /// Whether asking twice does no harm.
    var isRepeatable: Bool {
        switch kind {
        case .query, .status, .members, .metrics, .traceLevel, .recording: true
        // A session that was opened in vain expires; a command of one is applied once, however often it is sent.
        case .openSession, .proposeInSession, .closeSession: true
        // A large one takes long, and asking again would only have the next one taken.
        case .propose, .bootstrap, .change, .transfer, .snapshot, .backup, .unsupported: false
        // Nobody else has it: where it is slow, waiting helps, and asking elsewhere does not.
        case .backupChunk: false
        }
    }

    /// Whether it may take effect though nobody answers.
    var isChange: Bool {
        switch kind {
        case .query, .status, .members, .metrics, .traceLevel, .recording: false
        // Nobody but the caller uses a session.
        case .openSession, .closeSession: false
        case .proposeInSession: true
        case .propose, .bootstrap, .change, .transfer, .snapshot, .backup, .backupChunk, .unsupported: true
        }
    }

    /// Whether the leader answers it best.
    var wantsLeader: Bool {
        switch kind {
        case .propose, .change, .transfer, .snapshot, .backupChunk: true
        case .openSession, .proposeInSession, .closeSession: true
        case .query(_, let consistency), .backup(let consistency): consistency.wantsLeader
        case .status, .members, .metrics, .bootstrap, .traceLevel, .recording, .unsupported: false
        }
    }

    /// Bytes of its frame, or a few more.
    package var estimatedSize: Int {
        let head = ClientProtocol.headSize + 16 + (trace == nil ? 0 : 25)
        switch kind {
        case .propose(let bytes), .query(let bytes, _): return head + bytes.count
        case .proposeInSession(let bytes, _): return head + 32 + bytes.count
        case .openSession, .closeSession: return head + 16
        case .status, .members, .metrics, .transfer, .snapshot, .backup, .recording, .unsupported: return head
        case .traceLevel(_, let module): return head + 8 + module.utf8.count
        case .backupChunk: return head + 40
        case .change(let changes, _): return head + 256 * changes.count
        case .bootstrap(let founders):
            return head + founders.reduce(0) { $0 + 9 + $1.addresses.reduce(0) { $0 + 2 + $1.utf8.count } }
        }
    }
}
