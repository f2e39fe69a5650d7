internal import Glibc
public import Synchronization

/// What a ``Tracer`` and all that were made from it share.
@usableFromInline
final class TracerCore: Sendable {
    /// A level that no event reaches.
    static let off = UInt8.max

    /// The raw value of the lowest level that is recorded.
    @usableFromInline let threshold: Atomic<UInt8>
    let sink: any TraceSink
    let now: @Sendable () -> UInt64

    init(sink: any TraceSink, threshold: UInt8, now: @escaping @Sendable () -> UInt64) {
        self.sink = sink
        self.threshold = Atomic(threshold)
        self.now = now
    }

    /// The time of day. This module is a leaf and reads the clock itself.
    @Sendable
    static func wallClock() -> UInt64 {
        var time = timespec()
        // Fails only for an unknown clock. A machine whose clock stands before 1970 reads as 1970.
        clock_gettime(CLOCK_REALTIME, &time)
        return time.tv_sec < 0 ? 0 : UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
