// How long things took, and how large they were.
extension Metric {
    static let proposeToCommit = Metric(
        "raft_propose_to_commit_seconds", .histogram, in: "seconds",
        "For each proposal, from the turn that appended it to its commitment")
    static let commitToApply = Metric(
        "raft_commit_to_apply_seconds", .histogram, in: "seconds",
        "For each entry, from its commitment to the machine's word that it is applied")
    static let readConfirmation = Metric(
        "raft_read_confirmation_seconds", .histogram, in: "seconds",
        "For each read, from its call to its confirmation; stale reads have none")
    static let storageCommit = Metric(
        "raft_storage_commit_seconds", .histogram, in: "seconds",
        "For each transaction of storage, until it was durable; none for storage that commits at once")
    static let batchEntries = Metric(
        "raft_batch_entries", .histogram, in: "entries", "For each batch of entries written, how many")
    static let batchBytes = Metric(
        "raft_batch_bytes", .histogram, in: "bytes", "For each batch of entries written, their bytes in the log")
    static let peerRoundTrip = Metric(
        "raft_peer_round_trip_seconds", .histogram, in: "seconds", labels: ["peer"],
        "On a leader, from heartbeats to the peer's answers")
}
