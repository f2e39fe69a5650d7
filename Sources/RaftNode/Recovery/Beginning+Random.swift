import Glibc
import RaftCore
import RaftMembership

extension ClusterRecovery.Beginning {
    /// An identity that nobody else has, and an incarnation of the wall clock, as a new life draws it.
    static func random(_ addresses: [String]) -> Self {
        var generator = SystemRandomNumberGenerator()
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let microseconds = UInt64(clamping: time.tv_sec) * 1_000_000 + UInt64(clamping: time.tv_nsec / 1000)
        return Self(
            cluster: ClusterID(high: generator.next() | 1, low: generator.next()),
            incarnation: Incarnation(microseconds % wireBound), addresses: addresses)
    }
}
