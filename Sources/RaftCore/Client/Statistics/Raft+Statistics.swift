extension Raft {
    /// What the node has done since its start, and its state at the same moment. After the node's end: the last of it.
    public func statistics() async -> RaftStatistics {
        await withCheckedContinuation { continuation in statistics { continuation.resume(returning: $0) } }
    }

    /// The same for servers: calls back on the driver's lane.
    public func statistics(completion: @escaping @Sendable (RaftStatistics) -> Void) {
        post(.statistics(completion)) { [driver] _ in completion(driver.finalStatistics) }
    }
}
