import RaftCore
import RaftThreads
import RaftTracing
import Synchronization

/// Tells the service manager how the node is: that it starts and gets on with it, that it serves, its status in one line,
/// signs of life, and that it stops. Does nothing where nobody wants to hear.
///
/// All of it happens on the node's service thread, in a handful of messages a minute; no other thread waits for it.
final class ServiceReporter: Sendable {
    /// Ways into the node: each calls back on any thread, or never when the node hangs.
    struct Probe: Sendable {
        var beat: @Sendable () -> Void
        var status: @Sendable (@escaping @Sendable (RaftMetrics) -> Void) -> Void
    }

    private enum Phase { case starting, serving, stopping, ended }

    private struct State {
        var phase = Phase.starting
        var probe: Probe?
        var progress: UInt64 = 0
        var rule = WatchdogRule()
        var isWithholding = false
        var isStatusAwaited = false
        var toldStatus = ""
        /// Behind the status, for as long as it holds.
        var note = ""
    }

    /// Nanoseconds.
    private static let second: UInt64 = 1_000_000_000
    private static let statusPause = second
    private static let timeoutPause = 5 * second
    /// Longer than several pauses: one step of a recovery may take its time.
    private static let timeoutExtension = 60 * second

    let pulse = RaftPulse()
    private let notifier: ServiceNotifier?
    private let watchdogInterval: UInt64?
    private let alarms: AlarmThread
    private let tracer: Tracer
    private let state = Mutex(State())

    init(_ environment: ServiceEnvironment, _ alarms: AlarmThread, _ tracer: Tracer) {
        notifier = environment.notifySocket.flatMap { NotifySocket($0) }.map { ServiceNotifier($0, alarms) }
        watchdogInterval = environment.watchdogInterval
        self.alarms = alarms
        self.tracer = tracer
    }

    // MARK: The node's states

    func start() {
        guard let notifier else { return }
        notifier.post(.status, "STATUS=opening its data")
        after(Self.timeoutPause, ServiceAlarm.timeout) { $0.extendTimeout() }
    }

    /// The node could not start; the process ends now.
    func fail(_ error: any Error) { notifier?.post(.status, "STATUS=\("\(error)".onOneLine)") }

    /// The node serves.
    func serve(_ probe: Probe) {
        let isFirst = state.withLock { state in
            guard state.phase == .starting else { return false }
            state.phase = .serving
            state.probe = probe
            return true
        }
        guard isFirst, let notifier else { return }
        alarms.cancel(ServiceAlarm.timeout)
        notifier.post(.state, "READY=1")
        lookAtStatus()
        if watchdogInterval != nil { lookAtPulse() }
    }

    /// The configuration is read again.
    func reload() {
        guard isServing else { return }
        // Of the clock that systemd compares with.
        notifier?.post(.state, "RELOADING=1", "MONOTONIC_USEC=\(SystemClock.monotonicMicroseconds())")
    }

    /// - Parameter note: stands behind the status until the next time; empty when all is well.
    func reloaded(_ note: String) {
        state.withLock { $0.note = note }
        // Else it would say that the node serves.
        guard isServing else { return }
        notifier?.post(.state, "READY=1")
        lookAtStatus()
    }

    /// - Parameter failure: why the node stopped itself; nil when it was asked to.
    func stop(_ failure: (any Error)? = nil) {
        let isFirst = state.withLock { state in
            defer { if state.phase != .ended { state.phase = .stopping } }
            return state.phase == .starting || state.phase == .serving
        }
        guard isFirst, let notifier else { return }
        alarms.cancel(ServiceAlarm.timeout)
        alarms.cancel(ServiceAlarm.status)
        let why = failure.map { "has stopped itself: \($0)".onOneLine }
        notifier.post(
            .state, "STOPPING=1", "STATUS=\(why ?? "stopping: hands over leadership and gives the answers under way")")
    }

    /// Nothing is told any more.
    func end() {
        state.withLock { state in
            state.phase = .ended
            state.probe = nil
        }
        notifier?.flush()
        alarms.stop()
    }

    private var isServing: Bool { state.withLock { $0.phase == .serving } }

    // MARK: What is done now and then

    /// While the node starts: more time, if it has come further since.
    func extendTimeout() {
        let steps = pulse.recovery &+ pulse.machine
        let hasMoved: Bool? = state.withLock { state in
            guard state.phase == .starting else { return nil }
            defer { state.progress = steps }
            return state.progress != steps
        }
        guard let hasMoved else { return }
        if hasMoved {
            notifier?.post(.timeout, "EXTEND_TIMEOUT_USEC=\(Self.timeoutExtension / 1000)")
            notifier?.post(.status, "STATUS=reading back and verifying its data: \(steps) steps so far")
        }
        after(Self.timeoutPause, ServiceAlarm.timeout) { $0.extendTimeout() }
    }

    /// A sign of life, if every part of the node has moved since the last one; else a look more often.
    func lookAtPulse() {
        guard let interval = watchdogInterval else { return }
        let reading = WatchdogRule.Reading(pulse)
        let (still, isNew, probe) = state.withLock { state -> ([String], Bool, Probe?) in
            // How long a node may take to stop is bounded otherwise; its parts end one after the other.
            guard state.phase == .serving else { return ([], false, nil) }
            let still = state.rule.look(at: reading)
            defer { state.isWithholding = !still.isEmpty }
            return (still, state.isWithholding == still.isEmpty, state.probe)
        }
        if still.isEmpty {
            notifier?.post(.watchdog, "WATCHDOG=1")
            if isNew { tracer.notice(.watchdogResumed, "every part of the node moves again", []) }
        } else if isNew {
            let parts = still.joined(separator: ", ")
            tracer.error(
                .watchdogWithheld, "no sign of life is given to the service manager: \(parts) did not move for a while",
                [.reason(parts)])
        }
        probe?.beat()
        after(still.isEmpty ? interval / 2 : interval / 8, ServiceAlarm.watchdog) { $0.lookAtPulse() }
    }

    /// The status, if it has changed. Asked once a second at most, which costs the node one turn.
    func lookAtStatus() {
        let probe: Probe? = state.withLock { state in
            // One that hangs is not asked again and again.
            guard state.phase == .serving, !state.isStatusAwaited else { return nil }
            state.isStatusAwaited = true
            return state.probe
        }
        probe?.status { [weak self] metrics in self?.tell(StatusLine.of(metrics)) }
        after(Self.statusPause, ServiceAlarm.status) { $0.lookAtStatus() }
    }

    private func tell(_ status: String) {
        let changed: String? = state.withLock { state in
            state.isStatusAwaited = false
            let whole = state.note.isEmpty ? status : "\(status); \(state.note)"
            guard state.phase == .serving, whole != state.toldStatus else { return nil }
            state.toldStatus = whole
            return whole
        }
        if let changed { notifier?.post(.status, "STATUS=\(changed.onOneLine)") }
    }

    private func after(_ pause: UInt64, _ alarm: UInt64, _ body: @escaping @Sendable (ServiceReporter) -> Void) {
        alarms.set(alarm, at: MonotonicClock.nanoseconds() + pause) { [weak self] in
            if let self { body(self) }
        }
    }
}
