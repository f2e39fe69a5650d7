public import NIOCore
public import NIOPosix
public import RaftCore
public import RaftMembership
public import RaftTracing
import Synchronization

/// A client of a cluster. It finds the leader, follows it, and says exactly what became of a proposal.
///
/// A proposal that was rejected (by a node that does not lead, or because it could not be sent) is tried again until the
/// time-out. One whose answer was lost is *unknown* and is never sent twice (rule W1), but in a session: there it is sent
/// until its outcome is known, and applied once (rule W4). Queries are asked again.
///
/// Any thread. A client keeps its connections until `close`, or until nobody has it any more. Cancelling the task that called
/// ends the call: *unknown* when a proposal was sent.
public final class RaftClient: Sendable {
    private let eventLoop: any EventLoop
    private let router: NIOLoopBoundBox<ClientRouter>
    private let nextID = Atomic<UInt64>(1)
    private let isClosed = Atomic<Bool>(false)
    let options: RaftClientOptions
    private let tracer: Tracer

    /// - Parameters:
    ///   - endpoints: Client addresses of any members; at least one.
    ///   - tracer: Where spans of calls begin, each within the span in which its task stands; nodes are
    ///     told, and go on with them.
    ///   - eventLoopGroup: Its next loop carries every connection of this client.
    public init(
        endpoints: [RaftAddress], options: RaftClientOptions = RaftClientOptions(), tracer: Tracer = .silent,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        precondition(!endpoints.isEmpty, "a client needs an endpoint")
        eventLoop = eventLoopGroup.next()
        self.options = options
        self.tracer = tracer
        router = .makeBoxSendingValue(
            ClientRouter(endpoints: endpoints, options: options, eventLoop: eventLoop), eventLoop: eventLoop)
    }

    /// - Parameters:
    ///   - timeout: How long a call tries before it fails.
    ///   - followsLeader: Whether calls go where the leader is.
    public convenience init(
        endpoints: [RaftAddress], timeout: Duration, followsLeader: Bool = true, tracer: Tracer = .silent,
        eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) {
        var options = RaftClientOptions()
        options.timeout = timeout
        options.followsLeader = followsLeader
        self.init(endpoints: endpoints, options: options, tracer: tracer, eventLoopGroup: eventLoopGroup)
    }

    deinit {
        // The loop of one that was closed may be gone.
        if !isClosed.load(ordering: .relaxed) { eventLoop.execute { [router] in router.value.close() } }
    }

    /// Proposes `command`, as the machine's codec wrote it.
    /// - Returns: its output, once it is committed and applied.
    public func propose(_ command: [UInt8]) async throws(RaftClientError) -> [UInt8] {
        try await perform(.propose(command)) { $0.bytes }
    }

    /// Proposes `command`, as the machine's codec wrote it.
    /// - Returns: its output, and its index in the log, nil when the node does not tell.
    public func proposeForIndex(
        _ command: [UInt8]
    ) async throws(RaftClientError) -> (output: [UInt8], index: LogIndex?) {
        try await perform(.propose(command)) { response in response.bytes.map { ($0, response.index) } }
    }

    /// Asks the machine. `query` and the answer are what the machine's codec makes of them.
    public func query(
        _ query: [UInt8], consistency: ReadConsistency = .linearizable
    ) async throws(RaftClientError) -> [UInt8] {
        try await perform(.query(query, consistency)) { $0.bytes }
    }

    /// What one node, the first endpoint that answers, says of itself.
    public func status() async throws(RaftClientError) -> NodeStatus { try await perform(.status) { $0.status } }

    /// The metrics of one node, the first endpoint that answers, in Prometheus' text format, version 0.0.4.
    public func metrics() async throws(RaftClientError) -> String {
        try await perform(.metrics) { $0.bytes.map { String(decoding: $0, as: UTF8.self) } }
    }

    /// The configuration as one node, the first endpoint that answers, knows it.
    public func members() async throws(RaftClientError) -> Membership { try await perform(.members) { $0.members } }

    /// Forms a cluster from exactly these members, ids to peer addresses (rule M9).
    /// - Returns: its identity.
    public func bootstrap(_ members: [NodeID: [String]]) async throws(RaftClientError) -> ClusterID {
        try await perform(.bootstrap(members)) { $0.cluster }
    }

    /// Changes the membership, all of it as one change (§6). Takes as long as newcomers need to catch up: the client's
    /// time-out must allow for that.
    /// - Returns: the configuration that is committed then.
    public func change(
        _ changes: [MembershipChange], ifMembershipIs expected: LogID? = nil
    ) async throws(RaftClientError) -> Membership {
        try await perform(.change(changes, ifMembershipIs: expected)) { $0.members }
    }

    /// Hands leadership to this voter, or to the best one (D§3.10).
    /// - Returns: who leads then.
    public func transferLeadership(to target: NodeID? = nil) async throws(RaftClientError) -> NodeID {
        try await perform(.transferLeadership(to: target)) { $0.newLeader }
    }

    /// Takes a snapshot of all that a node has applied: the leader's, or that of the node named when none is followed.
    /// - Parameter compacting: cuts the log without leaving a tail.
    /// - Returns: the node's newest snapshot, durable, and the last entry that is gone from its log.
    public func snapshot(
        compacting: Bool = false
    ) async throws(RaftClientError) -> (snapshot: SnapshotID, purged: LogIndex) {
        try await perform(.snapshot(compacting: compacting)) { $0.snapshot }
    }

    /// Ends every connection; calls under way fail with `closed`. Idempotent.
    public func close() async {
        isClosed.store(true, ordering: .relaxed)
        await withCheckedContinuation { continuation in
            eventLoop.execute { [router] in
                router.value.close()
                continuation.resume()
            }
        }
    }

    func perform<Value>(
        _ request: ClientRequest, timeout: Duration? = nil, _ value: (ClientResponse) -> Value?
    ) async throws(RaftClientError) -> Value {
        var request = request
        request.trace = tracer.currentTrace ?? options.trace
        let span = tracer.startSpan(.call, in: request.trace, [.message(request.name)])
        if let span {
            request.trace = span.context
        } else if tracer.hasSpans, request.trace == nil {
            request.trace = .unsampled
        }
        let result = await send(request, timeout)
        if let span { end(span, result) }
        let response = try result.get()
        guard let value = value(response) else {
            throw RaftClientError(.protocolBroken, .unknown, "the node answered something else than was asked")
        }
        return value
    }

    private func end(_ span: OpenSpan, _ result: Result<ClientResponse, RaftClientError>) {
        switch result {
        case .success: tracer.end(span, [.outcome("done")])
        case .failure(let error): tracer.fail(span, error.message, [.outcome("\(error.outcome)")])
        }
    }

    private func send(
        _ request: ClientRequest, _ timeout: Duration?
    ) async -> Result<ClientResponse, RaftClientError> {
        let id = nextID.wrappingAdd(1, ordering: .relaxed).oldValue
        let cancellation = CancellationFlag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                eventLoop.execute { [router] in
                    if cancellation.isSet { return continuation.resume(returning: .failure(.cancelledBeforeSending)) }
                    router.value.start(id, request, timeout: timeout) { continuation.resume(returning: $0) }
                }
            }
        } onCancel: {
            // Whichever comes first on the loop, the flag or the operation, the call ends.
            cancellation.set()
            eventLoop.execute { [router] in router.value.cancel(id) }
        }
    }
}

extension RaftClientError {
    fileprivate static var cancelledBeforeSending: RaftClientError {
        RaftClientError(.cancelled, .rejected, "the call was cancelled before anything was sent")
    }
}

/// Set once, by whoever cancels.
private final class CancellationFlag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
