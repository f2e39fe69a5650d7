import NIOCore
import RaftCore
import RaftMembership
import RaftThreads

/// Keeps one connection to one peer, that we make: tries its addresses in turn, and pauses longer after each round that
/// failed (rule P5). Used on its loop.
final class Dialler {
    let id: NodeID
    private var addresses: [RaftAddress]
    private unowned let switchboard: Switchboard
    /// The one that is being made or is up.
    private var connection: PeerConnection?
    /// When the handshake of `connection` was done.
    private var provenAt: UInt64?
    private var pause: Scheduled<Void>?
    private var position = 0
    /// How often a name was looked up.
    private var resolutions = 0
    private var backoff: Backoff
    private var isStopped = false

    init(_ id: NodeID, _ addresses: [RaftAddress], switchboard: Switchboard) {
        self.id = id
        self.addresses = addresses
        self.switchboard = switchboard
        let options = switchboard.options
        backoff = Backoff(
            shortest: UInt64(TimeAmount(options.shortestPause).nanoseconds),
            longest: UInt64(TimeAmount(options.longestPause).nanoseconds), broken: options.broken)
    }

    /// Makes a connection unless there is one.
    func dial() {
        pause?.cancel()
        pause = nil
        guard !isStopped, connection == nil, position < addresses.count else { return }
        let address = addresses[position]
        let connection = PeerConnection(.dialled(id, address), switchboard: switchboard)
        self.connection = connection
        if let target = UnixSocketAddress(address) {
            connectUnix(connection, address, target)
        } else if case .tcp(let host, let port) = address.kind {
            if let target = try? SocketAddress(ipAddress: host, port: Int(port)) {
                connectTCP(connection, address, target)
            } else {
                resolve(connection, address, host, port)
            }
        }
    }

    private func connectUnix(_ connection: PeerConnection, _ address: RaftAddress, _ target: UnixSocketAddress) {
        let bound = NIOLoopBound(connection, eventLoop: switchboard.eventLoop)
        let allowed = switchboard.options.allowedUserIDs
        let channel = switchboard.connector.connect(to: target) { channel in
            // Who listens is checked as well as who connects (rule N3): others may write to the directory.
            PeerCredentials.of(channel).flatMapThrowing { credentials in
                guard credentials.isAllowed(allowedUserIDs: allowed) else {
                    throw TransportError("it belongs to user \(credentials.userID), who is not allowed")
                }
                try channel.pipeline.syncOperations.addHandler(bound.value)
            }
        }
        watch(channel, connection, address)
    }

    private func connectTCP(_ connection: PeerConnection, _ address: RaftAddress, _ target: SocketAddress) {
        let bound = NIOLoopBound(connection, eventLoop: switchboard.eventLoop)
        let channel = switchboard.connector.connect(to: target) { channel in
            channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(bound.value) }
        }
        watch(channel, connection, address)
    }

    private func watch(_ channel: EventLoopFuture<any Channel>, _ connection: PeerConnection, _ address: RaftAddress) {
        channel.assumeIsolated().whenFailure { [weak self] error in
            self?.failed(connection, address, "\(error)")
        }
    }

    private func resolve(_ connection: PeerConnection, _ address: RaftAddress, _ host: String, _ port: UInt16) {
        let bound = NIOLoopBound((dialler: self, connection: connection), eventLoop: switchboard.eventLoop)
        let lane = switchboard.environment.lane
        switchboard.resolver.resolve(host, port: port) { result in
            lane.execute { bound.value.dialler.resolved(bound.value.connection, address, result) }
        }
    }

    private func resolved(
        _ connection: PeerConnection, _ address: RaftAddress, _ result: Result<[SocketAddress], TransportError>
    ) {
        guard self.connection === connection else { return }
        switch result {
        // Another one each time: the name may stand for several, of which the peer listens on one.
        case .success(let targets):
            connectTCP(connection, address, targets[resolutions % targets.count])
            resolutions += 1
        case .failure(let error): failed(connection, address, "\(error)")
        }
    }

    func proven(_ connection: PeerConnection) {
        guard self.connection === connection else { return }
        provenAt = MonotonicClock.nanoseconds()
    }

    func ended(_ connection: PeerConnection) {
        guard self.connection === connection else { return }
        self.connection = nil
        if let provenAt {
            // One that is cut again and again soon after its handshake deserves growing pauses too.
            let lived = MonotonicClock.nanoseconds() - provenAt
            if lived >= TimeAmount(switchboard.options.longestPause).nanoseconds { backoff.reset() }
            self.provenAt = nil
            position = addresses.count
        } else {
            position += 1
        }
        guard position >= addresses.count else { return dial() }
        position = 0
        guard !isStopped, !addresses.isEmpty else { return }
        let delay = Int64(clamping: backoff.next(random: switchboard.environment.random()))
        pause = switchboard.eventLoop.assumeIsolated().scheduleTask(in: .nanoseconds(delay)) { [weak self] in
            self?.dial()
        }
    }

    /// The peer is up: it has dialled us.
    func sawSignOfLife() {
        if pause != nil { dial() }
    }

    /// The peer moved.
    func update(_ addresses: [RaftAddress]) {
        guard addresses != self.addresses else { return }
        self.addresses = addresses
        redial()
    }

    /// Lets the present connection finish and makes another one.
    func redial() {
        let old = connection
        connection = nil
        provenAt = nil
        position = 0
        old?.closeGracefully()
        dial()
    }

    func stop() {
        isStopped = true
        pause?.cancel()
        pause = nil
        let old = connection
        connection = nil
        old?.close()
    }

    private func failed(_ connection: PeerConnection, _ address: RaftAddress, _ reason: String) {
        guard self.connection === connection else { return }
        switchboard.trace.unreachable(id, address, reason)
        ended(connection)
    }
}
