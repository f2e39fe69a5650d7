import RaftClient
import RaftCore
import RaftTracing

/// Asks several nodes for their status at once.
struct Survey {
    private let tracer: Tracer
    private let trace: TraceContext?

    /// - Throws: `Failure` when the command's trace cannot begin.
    init(_ global: GlobalOptions) throws(Failure) {
        (tracer, trace) = try CommandTrace.begin(global.spans)
    }

    /// Asks every one of `addresses`, once.
    func report(on addresses: [RaftAddress], timeout: Duration) async -> StatusReport {
        await withTaskGroup(of: (Int, StatusReport.Row).self) { group in
            for (position, address) in addresses.enumerated() {
                group.addTask { (position, StatusReport.Row(address: address, result: await ask(address, timeout))) }
            }
            var rows: [(Int, StatusReport.Row)] = []
            for await row in group { rows.append(row) }
            return StatusReport(rows: rows.sorted { $0.0 < $1.0 }.map(\.1))
        }
    }

    /// The same, again and again until one answers or the time is up.
    /// - Parameter findsLeader: whether a leader that is named by those who answer, and is not among them, is asked too.
    func persistentReport(
        on addresses: [RaftAddress], timeout: Duration, findsLeader: Bool
    ) async -> StatusReport {
        let clock = ContinuousClock()
        let deadline = clock.now + timeout
        while true {
            let left = deadline - clock.now
            var report = await report(on: addresses, timeout: max(left, .milliseconds(1)))
            if !report.answers.isEmpty {
                if findsLeader, let row = await missingLeader(report, timeout: deadline - clock.now) {
                    report.rows.append(row)
                }
                return report
            }
            let pause = Duration.milliseconds(100)
            guard clock.now + pause < deadline, (try? await clock.sleep(for: pause)) != nil else { return report }
        }
    }

    private func missingLeader(_ report: StatusReport, timeout: Duration) async -> StatusReport.Row? {
        guard report.leader == nil, timeout > .zero,
            let hint = report.answers.filter({ $0.leader != nil }).max(by: { $0.term < $1.term })?.leader
        else { return nil }
        for text in hint.clientAddresses {
            guard let address = try? RaftAddress(text), !report.rows.contains(where: { $0.address == address }) else {
                continue
            }
            let result = await ask(address, timeout)
            if case .success = result { return StatusReport.Row(address: address, result: result) }
        }
        return nil
    }

    private func ask(_ address: RaftAddress, _ timeout: Duration) async -> Result<NodeStatus, RaftClientError> {
        var options = RaftClientOptions()
        options.timeout = timeout
        options.followsLeader = false
        options.retries = false
        options.trace = trace
        let client = RaftClient(endpoints: [address], options: options, tracer: tracer)
        let result: Result<NodeStatus, RaftClientError>
        do throws(RaftClientError) {
            result = .success(try await client.status())
        } catch {
            result = .failure(error)
        }
        await client.close()
        return result
    }
}
