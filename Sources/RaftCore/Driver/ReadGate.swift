import Synchronization

/// The second look at what a read rests on, when it was executed (rule R4). Any thread.
final class ReadGate: Sendable {
    enum Verdict: Sendable {
        case holds
        /// The lease has ended.
        case needsQuorum
        case tooStale(age: UInt64)
    }

    private let environment: any Environment
    /// When the lease ends, by the node's clock; 0 for none.
    private let leaseEnd = Atomic<UInt64>(0)
    private let looksAgain: Bool

    init(environment: any Environment, configuration: RaftConfiguration) {
        self.environment = environment
        looksAgain = !configuration.breaks(.leaseWithoutSecondLook)
    }

    /// Told before anything leaves that could end the lease early (rule R5). The driver's lane.
    func publish(_ end: Instant) {
        if leaseEnd.load(ordering: .relaxed) != end.rawValue { leaseEnd.store(end.rawValue, ordering: .releasing) }
    }

    func verdict(on proof: ReadProof) -> Verdict {
        switch proof {
        case .round: return .holds
        case .lease:
            let holds = environment.now().rawValue < leaseEnd.load(ordering: .acquiring) || !looksAgain
            return holds ? .holds : .needsQuorum
        case .age(let since, let atMost):
            let age = environment.now() - since
            return age <= atMost ? .holds : .tooStale(age: age)
        }
    }
}
