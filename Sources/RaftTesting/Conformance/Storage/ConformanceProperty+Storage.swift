extension ConformanceProperty {
    /// A storage that was never written holds no hard state and no entries, of any group.
    public static let newIsEmpty = ConformanceProperty("new-is-empty")
    /// Entries that were committed are there, byte for byte.
    public static let append = ConformanceProperty("append")
    /// A truncation removes every entry after its index, and others can follow.
    public static let truncate = ConformanceProperty("truncate")
    /// A purge forgets entries through its position, which becomes the base, with its term.
    public static let purge = ConformanceProperty("purge")
    /// A purge past the end empties the log, and entries follow its position (rule S10).
    public static let purgePastEnd = ConformanceProperty("purge-past-end")
    /// The hard state is the last one committed, with or without entries beside it.
    public static let hardState = ConformanceProperty("hard-state")
    /// Configuration entries are recovered, oldest first, and only those still in the log (rule M2).
    public static let configurations = ConformanceProperty("configurations")
    /// The parts of one batch work in order: truncation, entries, snapshot, purge, hard state (rule L7).
    public static let partsInOrder = ConformanceProperty("parts-in-order")
    /// The batches of one commit work in their order.
    public static let batchesInOrder = ConformanceProperty("batches-in-order")
    /// What one group writes changes no other.
    public static let groupsApart = ConformanceProperty("groups-apart")
    /// Entries begin at the lower bound and end before the upper one.
    public static let entryRanges = ConformanceProperty("entry-ranges")
    /// Entries stay within the bytes asked for, the first one aside.
    public static let entryBytes = ConformanceProperty("entry-bytes")
    /// An index that is purged, truncated or not yet written is `missing` (rule L4).
    public static let missingEntries = ConformanceProperty("missing-entries")
    /// A gap, an overlap and a truncation below the base are `misuse`, and change nothing.
    public static let wrongCalls = ConformanceProperty("wrong-calls")
    /// When one part of a commit is refused, nothing of it stays.
    public static let refusalIsWhole = ConformanceProperty("refusal-is-whole")
    /// An entry of a kind that this release does not know is never skipped (rule L13).
    public static let unknownKinds = ConformanceProperty("unknown-kinds")
    /// Entries of any size up to the limit in the options, and empty ones.
    public static let largeEntries = ConformanceProperty("large-entries")
    /// Many entries in one commit and in the log.
    public static let manyEntries = ConformanceProperty("many-entries")
    /// The body of a snapshot comes back byte for byte, in pieces of any size.
    public static let snapshotBodies = ConformanceProperty("snapshot-bodies")
    /// A body that is not finished is never found, and an attempt begins anew (rule S8).
    public static let unfinishedSnapshots = ConformanceProperty("unfinished-snapshots")
    /// A body that is being received goes on where it was left, also after reopening (rule S6).
    public static let resumedSnapshots = ConformanceProperty("resumed-snapshots")
    /// Of a snapshot of another identity nothing is taken over (rule S1).
    public static let snapshotIdentity = ConformanceProperty("snapshot-identity")
    /// A group's snapshot is the one that was named last.
    public static let namedSnapshots = ConformanceProperty("named-snapshots")
    /// A body goes when another takes its place, and stays readable for who reads it.
    public static let supersededSnapshots = ConformanceProperty("superseded-snapshots")
    /// A snapshot without a finished body, one of an earlier position and a purge past the snapshot are `misuse`, and
    /// change nothing.
    public static let snapshotRefusals = ConformanceProperty("snapshot-refusals")
    /// A snapshot with a purge works past the end of the log, at its end, of an empty log and before a tail (rule S10).
    public static let snapshotPurge = ConformanceProperty("snapshot-purge")
    /// Any history of commits and restarts leaves what the reference model holds.
    public static let randomHistories = ConformanceProperty("random-histories")
    /// Readers beside a commit find every entry that was committed before.
    public static let concurrentReaders = ConformanceProperty("concurrent-readers")
    /// A directory that is open is `locked` for a second opener.
    public static let oneOpener = ConformanceProperty("one-opener")
    /// Closing lets go of every file, and opening again finds everything.
    public static let close = ConformanceProperty("close")
    /// A changed byte in the files gives the same data, a log that is told to be damaged and is whole again with its
    /// entries written once more, or an error that says damage; never other data. It is found at the latest when the log is
    /// recovered, not when an entry is read (rule D3).
    public static let damage = ConformanceProperty("damage")
    /// A process that is killed at any system call leaves the state before the commit or the one after (rule L7).
    public static let killedAtAnyCall = ConformanceProperty("killed-at-any-call")
    /// So does a power cut, which loses or tears whatever was not synced; nothing is lost once commit has returned
    /// (rule D1).
    public static let powerLostAtAnyCall = ConformanceProperty("power-lost-at-any-call")
    /// What a process finds that starts after another was killed is not lost by a power cut, though the other one's last
    /// sync never returned: what the system shows is not yet on disk (rule D1).
    public static let powerLostAfterKill = ConformanceProperty("power-lost-after-kill")
    /// A failed call is final: nothing is committed afterwards, nothing of the commit is served, and the next start finds
    /// the state before it or after it, for good. A commit that returned all the same is durable (rules D2, L8).
    public static let failedCommit = ConformanceProperty("failed-commit")
    /// After a failed sync nothing is served before all that is there was verified (rule D2).
    public static let damageAfterFailure = ConformanceProperty("damage-after-failure")
    /// A disk without room is `full`, also where the room ends in the middle of a write, and nothing of the commit stays or
    /// all of it; with room again it is served.
    public static let fullDisk = ConformanceProperty("full-disk")
    /// When the disk is full, entries are refused before anything is written, `hasRoom` says so, hard states, purges,
    /// no-ops and configurations go on, and so do entries without a restart when there is room again (rule D4).
    public static let reserve = ConformanceProperty("reserve")
    /// Whenever the making of a snapshot is cut off, the one before is there with its body, or this one with its own and
    /// with all that was committed beside it (rules S2, L7).
    public static let snapshotCrashes = ConformanceProperty("snapshot-crashes")
    /// A body that met a failed call is not found, and can be written anew; what a failed sync was to cover counts for
    /// nothing (rule D2).
    public static let snapshotFailures = ConformanceProperty("snapshot-failures")
    /// A body that finds no room is `full`, and harms nothing; with a reserve a full disk takes the snapshot that makes
    /// room (rule D4).
    public static let snapshotFullDisk = ConformanceProperty("snapshot-full-disk")
}
