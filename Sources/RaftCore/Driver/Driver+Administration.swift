package import RaftMembership
import RaftTracing

// Calls that change the membership or hand over leadership. Each ends exactly once, with its outcome.
extension Driver {
    /// Any thread; calls back on the driver's lane.
    package func requestChange(
        _ request: ChangeRequest, _ completion: @escaping @Sendable (Result<LoggedMembership, RaftError>) -> Void
    ) {
        post(.change(request, nil, completion))
    }

    /// Any thread; calls back on the driver's lane.
    package func requestTransfer(
        to target: NodeID?, givesUp: Bool, _ completion: @escaping @Sendable (Result<NodeID, RaftError>) -> Void
    ) {
        post(.transfer(to: target, givesUp: givesUp, completion))
    }

    func change(
        _ request: ChangeRequest, _ trace: TraceContext?,
        _ completion: @escaping @Sendable (Result<LoggedMembership, RaftError>) -> Void, _ now: Instant
    ) {
        if let failure {
            completion(.failure(failureForCalls(failure)))
            return
        }
        guard let id = changes.add(completion) else {
            completion(.failure(Self.overloaded))
            return
        }
        if let spans, let trace { spans.changeBegan(id, trace) }
        step(.changeRequested(id, request), now)
    }

    func changeEnded(_ id: CallID, _ outcome: ChangeOutcome) {
        guard let completion = changes.take(id) else { return }
        spans?.changeEnded(id, outcome.failure)
        switch outcome {
        case .changed(let logged): completion(.success(logged))
        case .refused(let reason): completion(.failure(RaftError(.changeRefused, reason)))
        case .rejected(let why): completion(.failure(error(for: why)))
        case .unknown(let reason): completion(.failure(RaftError(.unknown, reason)))
        }
    }

    func transfer(
        to target: NodeID?, _ givesUp: Bool, _ completion: @escaping @Sendable (Result<NodeID, RaftError>) -> Void,
        _ now: Instant
    ) {
        if let failure {
            completion(.failure(failureForCalls(failure)))
            return
        }
        guard let id = transfers.add(completion) else {
            completion(.failure(Self.overloaded))
            return
        }
        step(.transferRequested(id, to: target, givesUp: givesUp), now)
    }

    func transferEnded(_ id: CallID, _ outcome: TransferOutcome) {
        guard let completion = transfers.take(id) else { return }
        switch outcome {
        case .transferred(let leader): completion(.success(leader.id))
        case .failed(let reason): completion(.failure(RaftError(.transferFailed, reason)))
        case .rejected(let why): completion(.failure(error(for: why)))
        }
    }

    /// The node ends.
    func endAdministration(_ error: RaftError) {
        for completion in changes.takeAll() { completion(.failure(error)) }
        for completion in transfers.takeAll() { completion(.failure(error)) }
    }
}

extension ChangeOutcome {
    /// Why it did not come about; nil when it did.
    fileprivate var failure: String? {
        switch self {
        case .changed: nil
        case .refused(let reason), .unknown(let reason): reason
        case .rejected(let why): "\(why)"
        }
    }
}
