// Clients.
extension EventKind {
    @inlinable public static var listenerStarted: EventKind {
        EventKind(
            "raft.listener.started", "26af16e86f8b4c3982fcd1244a89cd09", .info, "address",
            "The node accepts connections at an address.")
    }

    @inlinable public static var clientConnected: EventKind {
        EventKind(
            "raft.client.connected", "b8df0eeb45a841cbb89bca4930d732fc", .debug, "address",
            "A client connected.")
    }

    @inlinable public static var clientRefused: EventKind {
        EventKind(
            "raft.client.refused", "e0abe526b1d943ae825a3cb91689754a", .notice, "address reason count",
            "A client was turned away; the reason says why.")
    }

    @inlinable public static var sessionOpened: EventKind {
        EventKind(
            "raft.session.opened", "5ad5d9a4f2e84d0fb2be7b9d1bd0c1b7", .debug, "index",
            "A client session was opened in the log.")
    }

    @inlinable public static var sessionExpired: EventKind {
        EventKind(
            "raft.session.expired", "0f5f0c1b1f0b4d1f9f1e6d2c8f8b7a43", .info, "count index",
            "Client sessions expired, unused or to make room; their clients must open others. The count says how many.")
    }
}
