internal import Glibc

/// The clock of deadlines and leases: it never goes back, nobody can set it, and it counts suspended time, so that a
/// lease that ran out while the machine slept has run out when it wakes (`CLOCK_BOOTTIME`).
public enum MonotonicClock {
    /// Nanoseconds since the machine started. Any thread; comparable between the processes of one machine only.
    public static func nanoseconds() -> UInt64 {
        read(CLOCK_BOOTTIME)
    }
}

/// The time of day, for records that people read. It jumps when somebody sets it: never for deadlines or ordering.
public enum WallClock {
    /// Nanoseconds since 1970-01-01T00:00:00Z, leap seconds not counted. Any thread.
    public static func nanoseconds() -> UInt64 {
        read(CLOCK_REALTIME)
    }
}

private func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    // Fails only for an unknown clock, and these two exist on every Linux that Swift runs on.
    clock_gettime(clock, &time)
    // A machine whose clock stands before 1970 reads as 1970.
    guard time.tv_sec >= 0 else { return 0 }
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
