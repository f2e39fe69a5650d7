/// What a storage says of itself to its conformance suite, and how thorough the suite is. The defaults suit a storage
/// that keeps files in its directory and locks it.
public struct StorageConformanceOptions: Sendable {
    /// Chance is drawn from this.
    public var seed: UInt64 = 1
    /// False for a storage whose data lives as long as its object: it is not reopened, damaged or crashed.
    public var keepsFiles = true
    /// Whether a second opener of a directory is refused.
    public var locksDirectory = true
    /// Whether disk is allocated ahead, so that hard states and purges go on when there is no room for entries.
    public var keepsReserve = false
    /// What notes the system calls of a commit, so that it can be crashed at each of them, and each of them can fail; see
    /// `RaftCrashRecorder`. Nil: no crashes, and no failures.
    public var recorder: CrashRecorder?
    /// Names of files, relative to the directory, whose content says nothing once the process is gone, such as a table of
    /// readers in shared memory. They are left out of crashes and damage.
    public var scratchFiles: [String] = []
    /// Bytes, by file name, that no checksum covers and where damage may take the storage one commit back; the mark (rule
    /// M10) finds that. Anywhere else it must not.
    public var uncheckedBytes: [String: [Range<Int>]] = [:]
    /// Bytes of the payload of the largest entry that is tried.
    public var largestEntry = 4 << 20
    /// Entries in the largest commit that is tried.
    public var mostEntries = 10_000
    /// How many random histories are run, and how many commits each has.
    public var histories = 3
    public var historyLength = 60
    /// How many changed bytes are tried.
    public var damages = 150
    /// How many commits are crashed, and fail, at every one of their calls.
    public var crashedCommits = 8

    public init() {}
}
