import NIOCore
import RaftCore

/// The connections of a client, and where the leader is thought to be. Used on its loop.
final class ClientRouter {
    private enum Link {
        case connecting([(Result<ClientConnection, RaftClientError>) -> Void])
        case open(ClientConnection)
    }

    /// Connections to nodes that are no endpoint of ours but were named as leaders.
    private static let maximumLearned = 16

    let endpoints: [RaftAddress]
    let options: RaftClientOptions
    let eventLoop: any EventLoop
    private var links: [RaftAddress: Link] = [:]
    private var operations: [UInt64: ClientOperation] = [:]
    /// Which endpoint is asked when no leader is known.
    private var cursor = 0
    /// Where the leader is, as far as anybody told.
    private(set) var leader: RaftAddress?
    private var isClosed = false
    /// Where bodies of snapshots are that were offered as backups.
    private var backups: [SnapshotID: RaftAddress] = [:]
    private static let maximumBackups = 16

    init(endpoints: [RaftAddress], options: RaftClientOptions, eventLoop: any EventLoop) {
        self.endpoints = endpoints
        self.options = options
        self.eventLoop = eventLoop
    }

    // MARK: Operations

    func start(
        _ id: UInt64, _ request: ClientRequest, timeout: Duration? = nil,
        completion: @escaping ClientConnection.Completion
    ) {
        guard !isClosed else {
            return completion(.failure(RaftClientError(.closed, .rejected, "the client is closed")))
        }
        guard operations.count < options.maximumOperations else {
            let message = "\(operations.count) calls wait for an answer: wait for some before making more"
            return completion(.failure(RaftClientError(.overloaded, .rejected, message)))
        }
        let operation = ClientOperation(request, router: self, timeout: timeout ?? options.timeout) {
            [weak self] result in
            self?.operations[id] = nil
            completion(result)
        }
        operations[id] = operation
        operation.start()
    }

    func cancel(_ id: UInt64) { operations[id]?.giveUp(.cancelled, "the call was cancelled") }

    func close() {
        isClosed = true
        for operation in operations.sorted(by: { $0.key < $1.key }) {
            operation.value.giveUp(.closed, "the client was closed")
        }
        let links = links.values
        self.links = [:]
        for case .open(let connection) in links { connection.close() }
    }

    // MARK: Where to go

    /// Where to send `request` next.
    func target(for request: ClientRequest) -> RaftAddress {
        if case .backupChunk(let snapshot, _, _) = request.kind, let address = backups[snapshot] { return address }
        if options.followsLeader, request.wantsLeader, let leader { return leader }
        return endpoints[cursor % endpoints.count]
    }

    /// The node at `address` was of no use: whoever asks next tries another.
    func avoid(_ address: RaftAddress) {
        if leader == address { leader = nil }
        // Only the first of many calls that failed there moves on.
        if endpoints[cursor % endpoints.count] == address { cursor = (cursor + 1) % endpoints.count }
    }

    /// A node said who leads.
    /// - Returns: the leader's address, when it has one that can be dialled.
    func learned(_ hint: LeaderHint) -> RaftAddress? {
        for text in hint.clientAddresses {
            guard let address = try? RaftAddress(text) else { continue }
            leader = address
            return address
        }
        return nil
    }

    /// The node at `address` keeps a snapshot for us: nobody else has that.
    func offered(_ snapshot: SnapshotID, at address: RaftAddress) {
        if backups.count >= Self.maximumBackups { backups = [:] }
        backups[snapshot] = address
    }

    /// A node answered as a leader does.
    func confirmed(_ address: RaftAddress) {
        if leader == nil { leader = address }
    }

    // MARK: Connections

    /// Hands over a connection to `address`, made now when there is none.
    func connection(
        to address: RaftAddress, completion: @escaping (Result<ClientConnection, RaftClientError>) -> Void
    ) {
        switch links[address] {
        case .open(let connection) where connection.isOpen:
            return completion(.success(connection))
        case .connecting(let waiters):
            links[address] = .connecting(waiters + [completion])
            return
        default:
            break
        }
        closeLearned()
        links[address] = .connecting([completion])
        ClientConnection.connect(to: address, on: eventLoop, options: options.connection) { [weak self] result in
            if let self { return connected(address, result) }
            if case .success(let connection) = result { connection.close() }
        }
    }

    private func connected(_ address: RaftAddress, _ result: Result<ClientConnection, RaftClientError>) {
        guard case .connecting(let waiters) = links[address] else {
            if case .success(let connection) = result { connection.close() }
            return
        }
        links[address] = nil
        if case .success(let connection) = result {
            links[address] = .open(connection)
            connection.onEnd = { [weak self, weak connection] _ in
                guard let self, case .open(let current) = links[address], current === connection else { return }
                links[address] = nil
            }
        }
        for waiter in waiters { waiter(result) }
    }

    /// Before another connection is made: a server that names ever new leaders does not make this client hoard sockets.
    private func closeLearned() {
        guard links.count >= endpoints.count + Self.maximumLearned else { return }
        for (address, link) in links where !endpoints.contains(address) {
            guard case .open(let connection) = link, connection.inFlight == 0 else { continue }
            links[address] = nil
            connection.close()
        }
    }
}
