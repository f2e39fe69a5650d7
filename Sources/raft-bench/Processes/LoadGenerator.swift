import NIOCore
import RaftClient
import RaftCore
import RaftKeyValue
import RaftThreads

/// Clients that share an event loop and a few connections: an answer's completion makes the next request, without a
/// change of threads, so that the load takes as little from the cluster's processors as it can.
///
/// Confined to its event loop.
final class LoadGenerator {
    /// Connections, to be used on their event loop only.
    typealias Connections = NIOLoopBound<[ClientConnection]>

    private static let keyCount: UInt64 = 10_000

    private let connections: [ClientConnection]
    private let parameters: BenchParameters
    private let eventLoop: any EventLoop
    private let schedule: Schedule
    private let histogram: LatencyHistogram
    private let failures: Failures
    private let ended: EventLoopPromise<Void>
    private let value: [UInt8]
    private var choice: Choice
    private var running = 0
    /// Keys that are still to be written before the load begins; nil under load.
    private var unfilled: UInt64?

    private init(
        _ connections: [ClientConnection], _ parameters: BenchParameters, _ schedule: Schedule,
        _ histogram: LatencyHistogram, _ failures: Failures, fills: Bool, ended: EventLoopPromise<Void>
    ) {
        self.connections = connections
        self.parameters = parameters
        self.schedule = schedule
        self.histogram = histogram
        self.failures = failures
        self.ended = ended
        eventLoop = ended.futureResult.eventLoop
        value = [UInt8](repeating: UInt8(ascii: "v"), count: parameters.size)
        choice = Choice(seed: 1, readRatio: parameters.readRatio)
        unfilled = fills ? Self.keyCount : nil
    }

    // MARK: Any thread

    static func connect(
        to address: RaftAddress, count: Int, on eventLoop: any EventLoop
    ) async throws -> Connections {
        try await eventLoop.flatSubmit {
            let ended = eventLoop.makePromise(of: Connections.self)
            var connections: [ClientConnection] = []
            func connectNext() {
                guard connections.count < count else {
                    ended.succeed(NIOLoopBound(connections, eventLoop: eventLoop))
                    return
                }
                ClientConnection.connect(to: address, on: eventLoop) { result in
                    switch result {
                    case .success(let connection):
                        connections.append(connection)
                        connectNext()
                    case .failure(let error): ended.fail(BenchError("\(address) cannot be reached: \(error)"))
                    }
                }
            }
            connectNext()
            return ended.futureResult
        }.get()
    }

    /// Gives every key a value, so that reads find one.
    static func fill(
        _ connections: Connections, _ parameters: BenchParameters, on eventLoop: any EventLoop
    ) async throws {
        let failures = Failures()
        var parameters = parameters
        parameters.clients = 256
        parameters.readRatio = 0
        try await start(
            connections, parameters, Schedule(seconds: 60), LatencyHistogram(), failures, fills: true, on: eventLoop)
        if let error = failures.first { throw BenchError("the keys could not be written: \(error)") }
    }

    /// Runs the load until the schedule ends and every client has its last answer.
    static func run(
        _ connections: Connections, _ parameters: BenchParameters, _ schedule: Schedule,
        _ histogram: LatencyHistogram, _ failures: Failures, on eventLoop: any EventLoop
    ) async throws {
        try await start(connections, parameters, schedule, histogram, failures, fills: false, on: eventLoop)
    }

    static func close(_ connections: Connections, on eventLoop: any EventLoop) async throws {
        try await eventLoop.submit { for connection in connections.value { connection.close() } }.get()
    }

    private static func start(
        _ connections: Connections, _ parameters: BenchParameters, _ schedule: Schedule,
        _ histogram: LatencyHistogram, _ failures: Failures, fills: Bool, on eventLoop: any EventLoop
    ) async throws {
        try await eventLoop.flatSubmit {
            let ended = eventLoop.makePromise(of: Void.self)
            LoadGenerator(
                connections.value, parameters, schedule, histogram, failures, fills: fills, ended: ended
            ).start()
            return ended.futureResult
        }.get()
    }

    // MARK: The event loop

    private func start() {
        running = parameters.clients
        for client in 0..<parameters.clients { issue(client, MonotonicClock.nanoseconds()) }
    }

    /// The next request of a client. The completions keep this object alive.
    private func issue(_ client: Int, _ now: UInt64) {
        let request: ClientRequest
        do {
            if let left = unfilled {
                guard left > 0 else {
                    end()
                    return
                }
                unfilled = left - 1
                request = .propose(try KeyValueCommand.put(key: Self.key(left - 1), value: value).encoded())
            } else {
                guard now < schedule.end else {
                    end()
                    return
                }
                let key = Self.key(choice.next() % Self.keyCount)
                request =
                    choice.nextIsRead()
                    ? .query(try KeyValueQuery.get(key: key).encoded(), .linearizable)
                    : .propose(try KeyValueCommand.put(key: key, value: value).encoded())
            }
        } catch {
            failures.add("\(error)")
            end()
            return
        }
        connections[client % connections.count].call(request) { [self] result in completed(client, now, result) }
    }

    private func completed(_ client: Int, _ start: UInt64, _ result: Result<ClientResponse, RaftClientError>) {
        let now = MonotonicClock.nanoseconds()
        switch result {
        case .success:
            if schedule.counts(now) { histogram.record(now - start) }
            issue(client, now)
        case .failure(let error):
            failures.add("\(error)")
            // A node that refuses at once must not be asked in a tight loop.
            let bound = NIOLoopBound(self, eventLoop: eventLoop)
            eventLoop.scheduleTask(in: .milliseconds(1)) { bound.value.issue(client, MonotonicClock.nanoseconds()) }
        }
    }

    private func end() {
        running -= 1
        if running == 0 { ended.succeed() }
    }

    /// All of one length, so that every operation costs the same.
    private static func key(_ number: UInt64) -> [UInt8] {
        let digits = String(number)
        return Array(("key-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits).utf8)
    }
}
