import NIOCore
import RaftClient
import RaftCore
import RaftMembership
import RaftTracing

// What is asked, handed on to what answers it.
extension ClientSession {
    func handle(_ request: ClientRequest, _ id: UInt64) {
        inFlight += 1
        let outbox = hub.outbox
        let session = NIOLoopBound(self, eventLoop: hub.eventLoop)
        let tracer = hub.tracer
        let tally = hub.tally
        let number = ClientTally.number(of: request.kind)
        let span = tracer.startSpan(.serve, in: request.trace, [.message(request.name)])
        let trace = span?.context
        @Sendable func reply(_ response: ClientResponse.Kind) {
            tally.answered(number, response)
            tracer.trace(
                .requestEnded, "\(request.name): \(response.outcome)",
                [.message(request.name), .outcome(response.outcome), .index(response.index.rawValue)])
            if let span { tracer.end(span, response) }
            outbox.send(ClientResponse(response), id: id, to: session)
        }
        @Sendable func reply(_ error: RaftError) { reply(.error(RaftClientError(error))) }
        if hub.isDraining { return reply(RaftError(.stopped, "this node is shutting down: ask another")) }
        switch request.kind {
        case .propose(let command):
            hub.service.propose(command, trace: trace) { result in
                switch result {
                case .success(let (output, index)): reply(.output(output, index))
                case .failure(let error): reply(error)
                }
            }
        case .openSession:
            hub.service.openSession(trace: trace) { result in
                switch result {
                case .success(let opened): reply(.session(opened))
                case .failure(let error): reply(error)
                }
            }
        case .proposeInSession(let command, let call):
            hub.service.propose(command, as: call, trace: trace) { result in
                switch result {
                case .success(let (output, index)): reply(.output(output, index))
                case .failure(let error): reply(error)
                }
            }
        case .closeSession(let session):
            hub.service.closeSession(session, trace: trace) { result in
                switch result {
                case .success: reply(.output([], .zero))
                case .failure(let error): reply(error)
                }
            }
        case .query(let query, let consistency):
            guard let guarantee = ReadGuarantee(consistency) else {
                return reply(unsupported("\(consistency.name) of a query"))
            }
            let unread = unread
            hub.service.query(query, guarantee, trace: trace, hasRoom: { unread.hasRoom }) { result in
                switch result {
                case .success(let bytes):
                    unread.add(bytes.count)
                    reply(.bytes(bytes))
                case .failure(let error): reply(error)
                }
            }
        case .status:
            hub.service.status { reply(.status($0)) }
        case .members:
            hub.service.status { reply(.members($0.membership)) }
        case .bootstrap(let founders):
            var members: [NodeID: [String]] = [:]
            for founder in founders where members.updateValue(founder.addresses, forKey: founder.id) != nil {
                return reply(RaftError(.formation, "node \(founder.id) is named twice: name every member once"))
            }
            hub.service.bootstrap(members) { result in
                switch result {
                case .success(let cluster): reply(.formed(cluster))
                case .failure(let error): reply(error)
                }
            }
        case .change(let changes, let expected):
            hub.service.change(changes, expected: expected, trace: trace) { result in
                switch result {
                case .success(let logged): reply(.members(logged.membership))
                case .failure(let error): reply(error)
                }
            }
        case .transfer(let target):
            hub.service.transferLeadership(to: target) { result in
                switch result {
                case .success(let leader): reply(.leads(leader))
                case .failure(let error): reply(error)
                }
            }
        case .snapshot(let compacts):
            hub.service.snapshot(compacting: compacts) { result in
                switch result {
                case .success(let (snapshot, purged)): reply(.snapshotTaken(snapshot.id, purged: purged))
                case .failure(let error): reply(error)
                }
            }
        case .backup(let consistency):
            guard consistency == .linearizable || consistency == .stale else {
                return reply(unsupported("\(consistency.name) of a backup"))
            }
            hub.service.backup(isStale: consistency == .stale) { result in
                switch result {
                case .success(let offer): reply(.backup(offer))
                case .failure(let error): reply(error)
                }
            }
        case .backupChunk(let snapshot, let offset, let count):
            let unread = unread
            hub.service.backupChunk(
                of: snapshot, at: offset, count: Int(count), hasRoom: { unread.hasRoom }
            ) { result in
                switch result {
                case .success(let bytes):
                    unread.add(bytes.count)
                    reply(.bytes(bytes))
                case .failure(let error): reply(error)
                }
            }
        case .traceLevel(let level, let module): reply(hub.setTraceLevel(level, of: module))
        case .recording(let first): reply(hub.recording(from: first))
        case .metrics(let format):
            guard format == .prometheus else {
                return reply(unsupported("metrics in format \(format.rawValue)"))
            }
            let unread = unread
            hub.service.metrics { bytes in
                unread.add(bytes.count)
                reply(.bytes(bytes))
            }
        case .unsupported(let kind):
            reply(unsupported("requests of kind \(kind)"))
        }
    }

    private func unsupported(_ what: String) -> ClientResponse.Kind {
        let message = "this node does not know \(what): it may be of an older release"
        return .error(RaftClientError(.notSupported, .rejected, message))
    }
}

extension Tracer {
    /// The span of a request, as it was answered.
    fileprivate func end(_ span: OpenSpan, _ response: ClientResponse.Kind) {
        let fields: [TraceField] = [.outcome(response.outcome), .index(response.index.rawValue)]
        if case .error(let error) = response { fail(span, error.message, fields) } else { end(span, fields) }
    }
}
