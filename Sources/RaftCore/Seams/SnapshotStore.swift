import RaftMembership

/// Where the bodies of snapshots are kept: bytes by the megabyte, apart from the log.
///
/// Plain synchronous code that may block as long as a disk does; the framework calls it on lanes of its own. For each
/// group one body is written by this server itself and one is received at a time, while any number are read, from several
/// threads at once.
///
/// A body counts once `StorageBatch.snapshot` named it in a commit. Until then it is worthless after a crash, but for one
/// that is being received: as much of it as is there saves sending it again. After that commit the bodies of earlier
/// positions go, as soon as nobody reads them any more; one of a later position may be about to be named.
public protocol SnapshotStore: AnyObject, Sendable {
    /// Begins the body of a snapshot that this server takes. What an earlier attempt has left goes.
    /// - Throws: `StorageError`.
    func create(for group: GroupID) throws -> any SnapshotWriter

    /// Goes on with, or begins, the body of `snapshot`, which another server sends. What was received of another one goes
    /// (rule S1).
    /// - Throws: `StorageError`.
    func resume(_ snapshot: Snapshot, for group: GroupID) throws -> any SnapshotWriter

    /// A finished body. Stays readable when a newer one takes its place.
    /// - Throws: `StorageError` code `missing` when there is none of this identity.
    func open(_ snapshot: SnapshotID, of group: GroupID) throws -> any SnapshotReader
}

/// A body that grows. Used by one thread at a time; what it holds is let go with it.
public protocol SnapshotWriter: AnyObject, Sendable {
    /// Bytes that are there already: more than zero where a transfer goes on.
    var size: UInt64 { get }

    /// Adds to the end.
    /// - Throws: `StorageError`: `full` when there is no room, which is no reason to stop; anything else is one to try anew.
    func append(_ bytes: UnsafeRawBufferPointer) throws

    /// The body is whole: durable when this returns, and found by `open`. Nothing is added after it.
    func finish(as snapshot: Snapshot) throws

    /// Removes what is there.
    func discard()
}

/// A finished body. Any thread, several at once.
public protocol SnapshotReader: AnyObject, Sendable {
    /// Up to `count` bytes from `offset` on; fewer only at the end.
    /// - Throws: `StorageError`.
    func read(at offset: UInt64, count: Int) throws -> [UInt8]
}
