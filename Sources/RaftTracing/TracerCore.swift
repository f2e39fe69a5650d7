internal import Glibc
internal import Synchronization

/// What a ``Tracer`` and all that were made from it share.
final class TracerCore: Sendable {
    let sink: any TraceSink
    let recorder: FlightRecorder?
    let spans: SpanSource?
    /// Nil is the time of day, without a call through a closure.
    private let clock: (@Sendable () -> UInt64)?
    /// By module. The one without a name is everything that belongs to none.
    private let scopes = Mutex<[TracerScope]>([])

    init(
        sink: any TraceSink, recorder: FlightRecorder?, spans: SpanSource?, clock: (@Sendable () -> UInt64)?
    ) {
        self.sink = sink
        self.recorder = recorder
        self.spans = spans
        self.clock = clock
    }

    func now() -> UInt64 { if let clock { clock() } else { Self.wallClock() } }

    /// The scope of a module; a new one begins with `level`.
    func scope(_ module: String, level: UInt8) -> TracerScope {
        scopes.withLock { scopes in
            if let scope = scopes.first(where: { $0.module == module }) { return scope }
            let scope = TracerScope(module: module, level: level, isRecorded: recorder != nil)
            scopes.append(scope)
            return scope
        }
    }

    var all: [TracerScope] { scopes.withLock { $0 } }

    /// The time of day. This module is a leaf and reads the clock itself.
    @Sendable
    static func wallClock() -> UInt64 {
        var time = timespec()
        // Fails only for an unknown clock. A machine whose clock stands before 1970 reads as 1970.
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec < 0 ? 0 : UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
