public import RaftCore

extension RaftClient {
    /// The most bytes of a backup that a node gives in one answer.
    public static var largestBackupChunk: Int { 1 << 20 }

    /// Has a node take a snapshot of everything that was acknowledged before this call, on the leader, which makes sure
    /// first that it leads. Its body may be read with `backupChunk` from then on; a node keeps it until nobody has read
    /// of it for a minute.
    /// - Parameter stale: asks whatever node an endpoint leads to, for what it has applied, which may be less.
    /// - Throws: also `RaftClientError` code `snapshotFailed` when none could be taken, and `overloaded` when too many are
    ///   being read.
    public func beginBackup(stale: Bool = false) async throws(RaftClientError) -> BackupOffer {
        try await perform(.backup(stale: stale)) { $0.backup }
    }

    /// Bytes of a body that `beginBackup` offered, from `offset` on: at most `count`, and no more than
    /// `largestBackupChunk`; fewer only at the end.
    /// - Throws: also `RaftClientError` code `snapshotFailed` when the node does not have it any more, and `connectionLost` when
    ///   it has gone away: begin anew.
    public func backupChunk(
        of snapshot: SnapshotID, at offset: UInt64, count: Int
    ) async throws(RaftClientError) -> [UInt8] {
        try await perform(.backupChunk(of: snapshot, at: offset, count: count)) { $0.bytes }
    }

    /// Writes a backup of the cluster to a file: begins one, reads it some chunks at a time, and gives the file its name
    /// when all of it is there, verified and synced.
    /// - Parameters:
    ///   - stale: as in `beginBackup`.
    ///   - taken: milliseconds since 1970, for the file's header.
    /// - Returns: the header, and the bytes of the file.
    /// - Throws: `RaftClientError`, or `StorageError` for what is wrong with the file; nothing is left of it then.
    public func backup(
        to file: BackupFileWriter, stale: Bool = false, taken: UInt64
    ) async throws -> (header: BackupHeader, fileBytes: UInt64) {
        do {
            let offer = try await beginBackup(stale: stale)
            let header = BackupHeader(
                snapshot: offer.snapshot, clusterName: offer.clusterName, machine: offer.machine, node: offer.node,
                taken: taken)
            try file.begin(header)
            var offset: UInt64 = 0
            while offset < offer.snapshot.size {
                for bytes in try await chunks(of: offer.snapshot, from: offset) {
                    try file.append(bytes)
                    offset += UInt64(bytes.count)
                }
            }
            return (header, try file.finish())
        } catch {
            file.discard()
            throw error
        }
    }

    /// The next few chunks, asked for at once: what flows is bounded by what was asked for.
    private func chunks(of snapshot: Snapshot, from offset: UInt64) async throws -> [[UInt8]] {
        let size = BackupHeader.standardChunkBytes
        let offsets = stride(from: offset, to: min(snapshot.size, offset + UInt64(4 * size)), by: size)
        return try await withThrowingTaskGroup(of: (UInt64, [UInt8]).self) { group in
            for offset in offsets {
                group.addTask {
                    let wanted = Int(min(UInt64(size), snapshot.size - offset))
                    let bytes = try await self.backupChunk(of: snapshot.id, at: offset, count: wanted)
                    guard bytes.count == wanted else {
                        throw RaftClientError(
                            .protocolBroken, .rejected, "\(bytes.count) bytes came, and \(wanted) were asked for")
                    }
                    return (offset, bytes)
                }
            }
            var found: [(UInt64, [UInt8])] = []
            for try await chunk in group { found.append(chunk) }
            return found.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }
}
