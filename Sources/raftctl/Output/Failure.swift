import RaftClient
import RaftCore

/// How `raftctl` ends.
enum ExitStatus: Int32 {
    case done = 0
    case failed = 1
    case keyNotFound = 2
    /// No leader, or not reachable within the time-out.
    case unreachable = 3
    /// The comparison failed, or the change is not allowed.
    case refused = 4
    /// It may or may not have been applied.
    case unknown = 5
    case usage = 64
}

/// Why a command failed: an exit code, and one line that says what happened and what to do.
struct Failure: Error {
    let status: ExitStatus
    let message: String
    /// What a client said; nil when it was none.
    let code: RaftClientError.Code?

    init(_ status: ExitStatus, _ message: String, code: RaftClientError.Code? = nil) {
        self.status = status
        self.message = message
        self.code = code
    }

    /// - Parameter isChange: whether what was asked would have changed something, so that an unknown outcome matters.
    init(_ error: RaftClientError, isChange: Bool) {
        let status: ExitStatus
        switch error.code {
        case _ where isChange && error.outcome == .unknown: status = .unknown
        case .notLeader, .notFormed, .unreachable, .timedOut, .connectionLost, .stopped, .unknown,
            .unconfirmed, .tooStale:
            status = .unreachable
        case .refused, .formation, .configuration, .tooLarge, .changeRefused, .diskFull: status = .refused
        default: status = .failed
        }
        var message = error.message
        switch error.code {
        case .notLeader:
            if let leader = error.leader {
                let addresses = leader.clientAddresses
                message += addresses.isEmpty ? "" : " (at \(addresses.joined(separator: " or ")))"
            }
        case .unreachable: message += ": check the endpoints and that the nodes run"
        default: break
        }
        self.init(status, message.split(whereSeparator: \.isNewline).joined(separator: " "), code: error.code)
    }
}

/// Runs one call of a client and turns its error into a `Failure`.
func asking<Value>(
    isChange: Bool = false, _ body: () async throws(RaftClientError) -> Value
) async throws(Failure) -> Value {
    do {
        return try await body()
    } catch {
        throw Failure(error, isChange: isChange)
    }
}
