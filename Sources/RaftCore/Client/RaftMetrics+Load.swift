extension RaftMetrics {
    /// What waits within a node. Each queue is bounded; beside them stand `pendingProposals` and `uncommittedBytes`.
    public struct Queues: Hashable, Sendable {
        /// What has come in and was not looked at yet: calls, reports, and batches of peers' messages.
        public var inbox: Int
        /// Reads that wait for the word of a quorum, or of the leader.
        public var reads: Int
        /// Writes that are ordered and not durable; one turn of the node may order several.
        public var writes: Int
        /// Orders that wait for the machine: batches of entries, reads, views for snapshots.
        public var machine: Int

        package init(inbox: Int = 0, reads: Int = 0, writes: Int = 0, machine: Int = 0) {
            self.inbox = inbox
            self.reads = reads
            self.writes = writes
            self.machine = machine
        }
    }

    /// How long one kind of thing took since the node's start. A sum and a count, so that whoever looks twice knows the mean
    /// of what was between.
    public struct Latency: Hashable, Sendable {
        /// So many were measured.
        public var count: UInt64
        public var totalNanoseconds: UInt64
        public var lastNanoseconds: UInt64
        public var longestNanoseconds: UInt64

        /// Nil while nothing was measured.
        public var meanNanoseconds: UInt64? { count == 0 ? nil : totalNanoseconds / count }

        package init(
            count: UInt64 = 0, totalNanoseconds: UInt64 = 0, lastNanoseconds: UInt64 = 0, longestNanoseconds: UInt64 = 0
        ) {
            self.count = count
            self.totalNanoseconds = totalNanoseconds
            self.lastNanoseconds = lastNanoseconds
            self.longestNanoseconds = longestNanoseconds
        }

        mutating func record(_ nanoseconds: UInt64) {
            count &+= 1
            totalNanoseconds &+= nanoseconds
            lastNanoseconds = nanoseconds
            longestNanoseconds = max(longestNanoseconds, nanoseconds)
        }
    }

    /// How long things take, from one turn of the node to a later one: what begins and ends in the same turn, as within a
    /// cluster of one node in memory, counts as nothing. By the node's own clock.
    public struct Latencies: Hashable, Sendable {
        /// From a write's order to the word that it is durable, with everything that it shared a commit with. None where
        /// storage commits at once.
        public var write: Latency
        /// On a leader, from a batch of proposals' append to its commitment, durable here too (§5.3).
        public var commit: Latency
        /// From the order to apply entries to the word that the machine has.
        public var apply: Latency
        /// From a read's call to its confirmation (§8, D§6.4), by the leader's lease too. Stale reads have none.
        public var read: Latency

        package init(
            write: Latency = Latency(), commit: Latency = Latency(), apply: Latency = Latency(),
            read: Latency = Latency()
        ) {
            self.write = write
            self.commit = commit
            self.apply = apply
            self.read = read
        }
    }
}
