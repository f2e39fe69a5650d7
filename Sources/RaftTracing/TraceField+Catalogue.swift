extension TraceField {
    /// What a field of this package's events means.
    public struct Description: Sendable {
        /// Without `raft.`, as text records have it.
        public let key: String
        /// Its type and unit.
        public let type: String
        /// One line.
        public let prose: String
    }

    /// Every field that events of this package may have.
    public static let catalogue: [Description] = [
        Description(key: "cluster", type: "text", prose: "The cluster's name. Of every event."),
        Description(key: "node", type: "number", prose: "The node that records. Of every event."),
        Description(key: "group", type: "number", prose: "The group, where a node runs several."),
        Description(key: "identity", type: "text", prose: "The cluster's identity, 32 hexadecimal digits."),
        Description(key: "term", type: "number", prose: "The term in which it happened; of a message, the message's."),
        Description(
            key: "role", type: "text", prose: "leader, follower, candidate, preCandidate, learner, witness, removed."),
        Description(key: "index", type: "number", prose: "An index of the log."),
        Description(key: "peer", type: "number", prose: "The other node."),
        Description(key: "address", type: "text", prose: "An address, as in the configuration."),
        Description(key: "reason", type: "text", prose: "Why: a short phrase."),
        Description(
            key: "count", type: "number", prose: "How many: entries, proposals, records, reads, sessions or rounds."),
        Description(key: "bytes", type: "number of bytes", prose: "A size."),
        Description(key: "path", type: "text", prose: "A file or directory."),
        Description(
            key: "message", type: "text", prose: "The kind of a message between nodes, or of a client's request."),
        Description(
            key: "state", type: "text", prose: "probe, replicate or snapshot of a peer; held or lost of a lease."),
        Description(
            key: "outcome", type: "text", prose: "done, rejected, unknown or committed, of a client's request."),
        Description(key: "span", type: "text", prose: "The kind of a span."),
        Description(key: "parent", type: "text", prose: "The span that caused it, 16 hexadecimal digits."),
        Description(key: "nanoseconds", type: "number of nanoseconds", prose: "How long it took."),
        Description(key: "module", type: "text", prose: "A module that has a level of its own."),
        Description(key: "level", type: "text", prose: "A level."),
    ]
}
