import RaftClient
import RaftCore
import RaftMetricsExport
import Synchronization

/// Counts connections and requests of clients. Written where answers are made, read anywhere.
package final class ClientTally: Sendable {
    private struct Counter: ~Copyable, Sendable {
        let value = Atomic<UInt64>(0)
    }

    /// What a request is called in the metrics, by its number here.
    private static let requests = [
        "propose", "query", "status", "members", "bootstrap", "change", "transfer", "snapshot", "backup",
        "backup_chunk", "session_open", "session_propose", "session_close", "metrics",
        "trace_level", "recording", "unsupported",
    ]
    private static let outcomes = ["done", "rejected", "unknown", "refused"]

    // Immutable pointer to atomics that live as long as this object: nothing here needs a lock.
    private nonisolated(unsafe) let answers: UnsafeMutablePointer<Counter>
    private let open = Atomic<Int>(0)
    private let accepted = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)

    package init() {
        let count = Self.requests.count * Self.outcomes.count
        answers = .allocate(capacity: count)
        for position in 0..<count { (answers + position).initialize(to: Counter()) }
    }

    deinit {
        answers.deinitialize(count: Self.requests.count * Self.outcomes.count)
        answers.deallocate()
    }

    func connected() {
        open.wrappingAdd(1, ordering: .relaxed)
        accepted.wrappingAdd(1, ordering: .relaxed)
    }

    func disconnected() { open.wrappingSubtract(1, ordering: .relaxed) }

    func turnedAway() { refused.wrappingAdd(1, ordering: .relaxed) }

    /// - Parameter number: of the request, as `number(of:)` says.
    func answered(_ number: Int, _ answer: ClientResponse.Kind) {
        let outcome =
            if case .error(let error) = answer {
                switch error.outcome {
                case .rejected: 1
                case .unknown: 2
                case .committed: 3
                }
            } else {
                0
            }
        answers[number * Self.outcomes.count + outcome].value.wrappingAdd(1, ordering: .relaxed)
    }

    static func number(of request: ClientRequest.Kind) -> Int {
        switch request {
        case .propose: 0
        case .query: 1
        case .status: 2
        case .members: 3
        case .bootstrap: 4
        case .change: 5
        case .transfer: 6
        case .snapshot: 7
        case .backup: 8
        case .backupChunk: 9
        case .openSession: 10
        case .proposeInSession: 11
        case .closeSession: 12
        case .metrics: 13
        case .traceLevel: 14
        case .recording: 15
        case .unsupported: 16
        }
    }

    func add(to report: inout MetricReport) {
        report.add(.clientConnections, UInt64(max(0, open.load(ordering: .relaxed))))
        report.add(.clientConnectionsAccepted, accepted.load(ordering: .relaxed))
        report.add(.clientConnectionsRefused, refused.load(ordering: .relaxed))
        for (number, request) in Self.requests.enumerated() {
            for (position, outcome) in Self.outcomes.enumerated() {
                let count = answers[number * Self.outcomes.count + position].value.load(ordering: .relaxed)
                report.add(.clientRequests, count, request, outcome)
            }
        }
    }
}
