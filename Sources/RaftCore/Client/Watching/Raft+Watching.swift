// Streams beside that of the metrics. None of them holds the node up, and none costs anything while nobody reads it.
extension Raft {
    // MARK: Watching

    /// Who leads, now and after every change. A state: the newest one wins when the reader is slow, so that terms and roles
    /// between may go unseen. Ends with the node.
    ///
    /// ```swift
    /// for await leadership in raft.leadership { print("term \(leadership.term): \(leadership.role)") }
    /// ```
    public var leadership: AsyncStream<RaftLeadership> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: RaftLeadership.self, bufferingPolicy: .bufferingNewest(1))
        let id = watch(.leadership(continuation))
        continuation.onTermination = { [driver] _ in driver.post(.unsubscribe(id)) }
        return stream
    }

    /// Configurations as they are appended and committed, and what they change for each member (§6); first the one that is
    /// committed now. Bounded as `RaftEvents` says. Ends with the node.
    public var membershipEvents: RaftEvents<MembershipEvent> { events(\.missed) { .membership($0) } }

    /// Snapshots that this node takes, sends and installs, and how its log is cut behind them (§7); first the newest one.
    /// Bounded as `RaftEvents` says. Ends with the node.
    public var snapshotEvents: RaftEvents<SnapshotEvent> { events(\.missed) { .snapshots($0) } }

    private func events<Event>(
        _ missed: any WritableKeyPath<Event, Int> & Sendable,
        _ watcher: (AsyncStream<NumberedEvent<Event>>.Continuation) -> Watcher
    ) -> RaftEvents<Event> {
        let (stream, continuation) = AsyncStream.makeStream(
            of: NumberedEvent<Event>.self, bufferingPolicy: .bufferingNewest(RaftEvents<Event>.capacity))
        let id = watch(watcher(continuation))
        continuation.onTermination = { [driver] _ in driver.post(.unsubscribe(id)) }
        return RaftEvents(stream, missed: missed)
    }

    private func watch(_ watcher: Watcher) -> UInt64 {
        let id = driver.environment.random()
        post(.watch(watcher, id)) { _ in watcher.finish() }
        return id
    }
}
