// What a node of `RaftNode` has beside its `Raft`.
extension Metric {
    package static let startTime = Metric(
        "process_start_time_seconds", .gauge, in: "seconds", from: .node,
        "When the node was started, in seconds since 1970"
    )
    package static let clientConnections = Metric(
        "raft_client_connections", .gauge, in: "connections", from: .node, "Connections of clients that are open")
    package static let clientConnectionsAccepted = Metric(
        "raft_client_connections_accepted_total", .counter, in: "connections", from: .node,
        "Connections of clients that were accepted, those turned away later included")
    package static let clientConnectionsRefused = Metric(
        "raft_client_connections_refused_total", .counter, in: "connections", from: .node,
        "Connections of clients that were turned away")
    package static let clientRequests = Metric(
        "raft_client_requests_total", .counter, in: "requests", labels: ["request", "outcome"], from: .node,
        "Requests of clients that were answered: done, rejected, unknown, or refused by the machine")
    package static let traceRecordsDropped = Metric(
        "raft_trace_records_dropped_total", .counter, in: "records", from: .node,
        "Trace records that their sink dropped, for sinks that count")
}
