import RaftMembership
package import RaftTracing

/// What a proposal does with a session. Only the driver knows the leader's time, so it makes the entry.
package enum SessionRequest: Hashable, Sendable {
    case call(SessionCall)
    case open(nonce: UInt64)
    case close(SessionID)

    func draft(payload: [UInt8], at time: UInt64, _ limits: SessionLimits) -> EntryDraft {
        switch self {
        case .call(let call):
            EntryDraft(
                .command, extensions: EntryExtensions(call: call, leaderTime: time).encode(), payload: payload)
        case .open(let nonce):
            EntryDraft(
                .session, extensions: EntryExtensions(leaderTime: time).encode(),
                payload: SessionOrder.open(nonce: nonce, limits).encode())
        case .close(let session):
            EntryDraft(
                .session, extensions: EntryExtensions(leaderTime: time).encode(),
                payload: SessionOrder.close(session).encode())
        }
    }
}

/// Opens or closes a session.
package final class SessionProposal: Proposal, @unchecked Sendable {
    // Unchecked as its superclass is; it holds nothing but an immutable completion.
    private let completion: @Sendable (Result<OpenedSession, RaftError>) -> Void

    package init(
        _ request: SessionRequest, trace: TraceContext? = nil,
        completion: @escaping @Sendable (Result<OpenedSession, RaftError>) -> Void
    ) {
        self.completion = completion
        super.init(payload: [], session: request, trace: trace)
    }

    func succeed(_ session: OpenedSession) { completion(.success(session)) }
    package override func fail(_ error: RaftError) { completion(.failure(error)) }
}

extension Driver {
    /// The proposals as entries: those of sessions with their extensions. For drains that hold some; others are commands
    /// and nothing else.
    func drafts(of proposals: [Proposal], _ now: Instant) -> [EntryDraft] {
        let time = sessionClock.time(at: now, in: engine.term, applied: sessionGauge.time)
        return proposals.map { proposal in
            proposal.session?.draft(payload: proposal.payload, at: time, configuration.sessions)
                ?? EntryDraft(.command, payload: proposal.payload)
        }
    }
}

// What the log has done to sessions.
extension Driver {
    func sessionOpened(_ session: SessionID) {
        tracer.debug(
            .sessionOpened, "client session \(session) is open", [.index(session.index.rawValue)])
    }

    func sessionsExpired(_ count: Int, at index: LogIndex) {
        tracer.info(
            .sessionExpired, "\(count) client sessions expired at entry \(index)",
            [.count(count), .index(index.rawValue)])
    }
}
