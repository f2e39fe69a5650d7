import Synchronization

/// Counts proposals that end without an output, wherever that comes out: any thread. What goes well passes it by.
final class ProposalTally: Sendable {
    private let rejectedCount = Atomic<UInt64>(0)
    private let unknownCount = Atomic<UInt64>(0)

    var rejected: UInt64 { rejectedCount.load(ordering: .relaxed) }
    var unknown: UInt64 { unknownCount.load(ordering: .relaxed) }

    /// Ends a proposal.
    func fail(_ proposal: Proposal, _ error: RaftError) {
        switch error.outcome {
        case .rejected: rejectedCount.wrappingAdd(1, ordering: .relaxed)
        case .unknown: unknownCount.wrappingAdd(1, ordering: .relaxed)
        case .committed: break
        }
        proposal.fail(error)
    }
}
