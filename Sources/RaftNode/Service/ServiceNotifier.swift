import RaftThreads
import Synchronization

/// Hands messages to the service manager, in their order. Whoever posts never waits: a thread of the node sends them, again
/// and again while the manager does not read. Bounded: of what only counts when it is new, the newest waits.
final class ServiceNotifier: Sendable {
    enum Kind: Sendable {
        /// The node enters another state: each is sent.
        case state
        case status, watchdog, timeout
    }

    private struct Message {
        var number: UInt64
        var kind: Kind
        var text: String
    }

    private struct Queue {
        var messages: [Message] = []
        var last: UInt64 = 0
    }

    /// States in a queue that nobody reads: then the manager has other worries.
    private static let most = 64
    /// Nanoseconds.
    private static let pause: UInt64 = 50_000_000

    private let socket: NotifySocket
    private let alarms: AlarmThread
    private let queue = Mutex(Queue())
    private let sending = Mutex(())

    init(_ socket: NotifySocket, _ alarms: AlarmThread) {
        self.socket = socket
        self.alarms = alarms
    }

    /// - Parameter lines: assignments such as `READY=1`.
    func post(_ kind: Kind, _ lines: String...) {
        queue.withLock { queue in
            if kind != .state { queue.messages.removeAll { $0.kind == kind } }
            guard queue.messages.count < Self.most else { return }
            queue.last += 1
            queue.messages.append(Message(number: queue.last, kind: kind, text: lines.joined(separator: "\n")))
        }
        send(at: 0)
    }

    /// Sends what waits, as far as the manager takes it now: nothing comes after it.
    func flush() { _ = sendAll() }

    private func send(at time: UInt64) {
        alarms.set(ServiceAlarm.send, at: time) { [weak self] in
            guard let self, !sendAll() else { return }
            send(at: MonotonicClock.nanoseconds() + Self.pause)
        }
    }

    /// - Returns: false when the manager takes no more for now.
    private func sendAll() -> Bool {
        // Held while sending, so that each is sent once, in its order.
        sending.withLock { _ in
            while let message = queue.withLock({ $0.messages.first }) {
                if case .full = socket.send(message.text) { return false }
                // A newer one may have taken its place meanwhile.
                queue.withLock { $0.messages.removeAll { $0.number == message.number } }
            }
            return true
        }
    }
}

/// The alarms of a node's service thread.
enum ServiceAlarm {
    static let send: UInt64 = 1
    static let timeout: UInt64 = 2
    static let watchdog: UInt64 = 3
    static let status: UInt64 = 4
    static let handover: UInt64 = 5
}
