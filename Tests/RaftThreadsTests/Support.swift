import Glibc
import RaftThreads
import Synchronization

/// Collects values from any thread.
final class Recorder<Value: Sendable>: Sendable {
    private let collected = Mutex<[Value]>([])

    var values: [Value] { collected.withLock { $0 } }

    func append(_ value: Value) {
        collected.withLock { $0.append(value) }
    }
}

/// Calls a function when it is deallocated.
final class Witness: Sendable {
    private let onEnd: @Sendable () -> Void

    init(_ onEnd: @escaping @Sendable () -> Void) {
        self.onEnd = onEnd
    }

    deinit {
        onEnd()
    }
}

extension Monitor where State == Bool {
    /// Waits for the state to become true, ten seconds at most; `polling` looks again without a signal.
    func waitForTrue(polling: Bool = false) -> Bool {
        let deadline = MonotonicClock.nanoseconds() + 10_000_000_000
        return wait { state -> WaitStep<Bool> in
            if state { return .done(true) }
            let now = MonotonicClock.nanoseconds()
            guard now < deadline else { return .done(false) }
            return .waitAtMost(polling ? 1_000_000 : deadline - now)
        }
    }
}

/// The calling thread's name, as the kernel has it.
func threadName() -> String {
    let file = open("/proc/thread-self/comm", O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: 32)
    let count = read(file, &bytes, bytes.count)
    return String(decoding: bytes.prefix(max(count - 1, 0)), as: UTF8.self)
}
