/// Which of the calls that change files fail, and how. A count says how many of those are passed on before.
package enum CallFault: Hashable, Sendable {
    /// One call, whatever it is, with an error of the device (EIO). What a failed sync was to cover is then in memory,
    /// not on disk, and no later sync brings it there: the system forgot that it is to be written.
    case once(after: Int)
    /// Every call that writes, lets a file grow or makes one, with no room left (ENOSPC).
    case noRoom(after: Int)
    /// The room ends in the middle of a write of several pages: it writes some of them and tells how much that was. From
    /// then on as `noRoom`. The count is of such writes.
    case shortWrite(after: Int)
    /// Every one that needs room which was not allocated before.
    case noGrowth
}

/// What a call was to do that failed.
package enum FailedCall: String, Hashable, Sendable {
    case write = "a write"
    case resize = "a change of size"
    case sync = "a sync"
    case syncDirectory = "a sync of a directory"
    case name = "a change of names"
}
