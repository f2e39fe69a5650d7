import Foundation

/// The thread of a `PeerRelay`: waits for sockets and moves what they hold.
struct RelayLoop {
    let relay: PeerRelay
    let listeners: [PeerRelay.Listener]
    let wakeUp: Int32
    private var connections: [RelayedConnection] = []

    init(relay: PeerRelay, listeners: [PeerRelay.Listener], wakeUp: Int32) {
        self.relay = relay
        self.listeners = listeners
        self.wakeUp = wakeUp
    }

    mutating func run() {
        while let cut = relay.cutLinks {
            for position in connections.indices {
                relay.countLost(connections[position].move(isCut: cut.contains(connections[position].link)))
            }
            for connection in connections where connection.isDone { connection.close() }
            connections.removeAll(where: \.isDone)
            wait()
        }
        for connection in connections { connection.close() }
        for listener in listeners { close(listener.descriptor) }
        close(wakeUp)
    }

    private mutating func wait() {
        var waiting = [pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)]
        for listener in listeners { waiting.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0)) }
        for connection in connections { waiting += connection.interests }
        guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { return }
        if waiting[0].revents != 0 {
            var calls = [UInt8](repeating: 0, count: 64)
            _ = read(wakeUp, &calls, calls.count)
        }
        for (position, listener) in listeners.enumerated() where waiting[position + 1].revents != 0 {
            accept(at: listener)
        }
    }

    private mutating func accept(at listener: PeerRelay.Listener) {
        while let near = UnixSocket.accept(at: listener.descriptor) {
            // One that is not known yet, or no more, comes again if it lives.
            guard let process = UnixSocket.peerProcess(of: near), let source = relay.node(of: process),
                let far = UnixSocket.connect(to: listener.path)
            else {
                close(near)
                continue
            }
            connections.append(
                RelayedConnection(
                    link: PeerRelay.Link(source: source, target: listener.target), near: near, far: far))
        }
    }
}
