import RaftCore
package import RaftMembership

// For trace records.
extension ClientRequest {
    package var name: String {
        switch kind {
        case .propose: "propose"
        case .query: "query"
        case .status: "status"
        case .members: "members"
        case .metrics: "metrics"
        case .bootstrap: "bootstrap"
        case .change: "change"
        case .transfer: "transfer"
        case .snapshot: "snapshot"
        case .backup: "backup"
        case .backupChunk: "backupChunk"
        case .openSession: "openSession"
        case .proposeInSession: "proposeInSession"
        case .closeSession: "closeSession"
        case .traceLevel: "traceLevel"
        case .recording: "recording"
        case .unsupported: "unsupported"
        }
    }
}

extension ClientResponse.Kind {
    /// `done`, or what an error says of the outcome.
    package var outcome: String {
        guard case .error(let error) = self else { return "done" }
        return switch error.outcome {
        case .rejected: "rejected"
        case .unknown: "unknown"
        case .committed: "committed"
        }
    }

    /// Where in the log a command is; zero for everything else.
    package var index: LogIndex {
        if case .output(_, let index) = self { index } else { .zero }
    }
}
