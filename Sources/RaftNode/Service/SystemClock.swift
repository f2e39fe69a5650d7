import Glibc

enum SystemClock {
    /// `CLOCK_MONOTONIC`, by which systemd tells whether a reload began after it asked for one.
    static func monotonicMicroseconds() -> UInt64 {
        var time = timespec()
        // Fails only for an unknown clock.
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
    }
}
