import RaftCore

/// How an LMDB storage uses memory and disk. The defaults suit a node of any size.
public struct LMDBOptions: Sendable {
    /// Bytes of address space the environment starts with. Grows by doubling.
    public var initialMapSize = 64 << 20
    /// Bytes the environment may grow to; beyond, the storage is full (`StorageError.Code.full`). Address space only:
    /// the file is as large as its content, and the reserve.
    public var maximumMapSize = 1 << 40
    /// Bytes of disk allocated ahead, which batches with entries leave alone: they are what a full disk leaves for hard
    /// state and purging (rule D4). Zero for none.
    public var reserve = 64 << 20
    /// Raft groups the environment has room for.
    public var maximumGroups = 64
    /// Entries below the base that one commit removes at most; the rest follows with later commits and at start.
    public var purgeStep = 1024

    public init() {}

    /// Stands in for a failing disk in tests: an `errno` to fail with at `point`, or nil.
    var faults: (@Sendable (_ point: FaultPoint) -> Int32?)?

    /// The rule that this storage breaks on purpose; none but in test builds.
    var broken = MutationSwitch()

    enum FaultPoint: Sendable {
        /// The commit of a transaction, after everything was put into it.
        case commit
        /// Allocating disk ahead.
        case allocate
        /// Making the map larger.
        case map
        /// The sync of a repaired copy.
        case repair
    }
}
