import CLMDB
import RaftCore
import RaftMembership

/// What the storage remembers of a group while it is open, as of the last commit.
struct GroupState: Sendable {
    var record = GroupRecord()
    var snapshot: Snapshot?
    /// The group's entries; nil until there were any.
    var table: MDB_dbi?
    /// The first index in the table; at or below the base while a purge is not cleaned up yet.
    var oldest: LogIndex = 1

    var awaitsCleaning: Bool { table != nil && oldest <= record.base.index }
}
