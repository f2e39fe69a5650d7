import RaftMembership
import RaftTracing

// How a node ends: because it must, or because it is told to. Every call that waits ends with it (rules W1, R3).
extension Driver {
    /// The node stops itself. What it had appended may yet be committed by others.
    func fail(_ reason: String, _ kind: EventKind, _ code: RaftError.Code = .failed) {
        guard failure == nil else { return }
        let error = RaftError(code, reason)
        failure = error
        tracer.critical(kind, "node \(engine.member.id) stops: \(reason)", [.reason(reason)])
        var ignored = Effects()
        engine.fence(reason, &ignored)
        endCalls(
            unknown: RaftError(.unknown, "the node stopped before the command was committed: \(reason)"),
            rejected: failureForCalls(error))
        onFailure(error)
    }

    /// Has the node end as an administrator ends it; calls back when its storage is closed. Any thread.
    package func requestStop(_ completion: @escaping @Sendable () -> Void) { post(.stop(completion)) }

    func failureForCalls(_ failure: RaftError) -> RaftError {
        failure.code == .stopped ? failure : RaftError(.stopped, "this node has stopped itself: \(failure.message)")
    }

    func stop(_ completion: @escaping @Sendable () -> Void, _ now: Instant) {
        guard !isStopped else {
            completion()
            return
        }
        // What was ordered before goes first; storage is closed behind it.
        repeat {
            execute(now)
            flushStorage(now)
        } while !effects.isEmpty
        isStopped = true
        let error = RaftError(.stopped, "the node is shutting down")
        if failure == nil { failure = error }
        var ignored = Effects()
        engine.isFenced = true
        engine.failReads(.fenced, &ignored)
        endCalls(
            unknown: RaftError(.unknown, "the node was shut down before the command was committed"), rejected: error)
        for subscriber in subscribers.values { subscriber.finish() }
        subscribers = [:]
        watchers.finish()
        cancelSnapshots()
        // The machine's last orders go first; then nothing uses storage any more.
        let lane = storageLane
        let closer = Closer(storage: storage, completion: completion)
        applier.submit(.finish { lane.schedule(closer) })
    }

    /// What came too late.
    func refuse(_ mail: Mail, _ error: RaftError) {
        switch mail {
        case .bootstrap(_, _, let completion): completion(.failure(error))
        case .change(_, _, let completion): completion(.failure(error))
        case .transfer(_, _, let completion): completion(.failure(error))
        case .snapshotCall(_, let completion): completion(.failure(error))
        case .status(let completion): completion(metrics(environment.now()))
        case .statistics(let completion): completion(statistics(environment.now()))
        case .subscribe(let continuation, _): continuation.finish()
        case .watch(let watcher, _): watcher.finish()
        case .machine(.unproven(let read)): read.fail(error)
        case .stop(let completion): completion()
        default: break
        }
    }

    private func endCalls(unknown: RaftError, rejected: RaftError) {
        for waiter in waiters.take(after: .zero) { proposalTally.fail(waiter.proposal, unknown) }
        for proposal in proposed { proposalTally.fail(proposal, rejected) }
        proposed = []
        let waiting = reads.sorted { $0.key < $1.key }
        tally.reads.failed &+= UInt64(waiting.count)
        reads = [:]
        for (_, read) in waiting { read.fail(rejected) }
        endBootstraps(.failure(rejected))
        spans?.endAll(rejected.message)
        endAdministration(unknown)
        endSnapshotCalls(rejected)
    }

    static let ended = RaftError(.stopped, "the node is shutting down")
    static let overloaded = RaftError(.overloaded, "the node has too many calls waiting: try again later")
}

/// Closes storage on storage's own lane, behind everything else.
private final class Closer: Runnable {
    private let storage: any LogStorage
    private let completion: @Sendable () -> Void

    init(storage: any LogStorage, completion: @escaping @Sendable () -> Void) {
        self.storage = storage
        self.completion = completion
    }

    func run() {
        storage.close()
        completion()
    }
}
