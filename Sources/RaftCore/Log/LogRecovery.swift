public import RaftMembership

/// Collects what a storage finds in its log at start, and checks it: each entry's checksum, that indices follow one
/// another, that terms never decrease (rules D3, L7). A storage plugin feeds it entry by entry.
public struct LogRecovery: Sendable {
    private var terms: TermRuns
    private var configurations: [LoggedMembership] = []
    #if TestBuild
        /// The one rule that is broken on purpose.
        package var mutation: Mutation?
    #endif

    /// - Parameter base: the position before the first entry that is there; zero when nothing was ever purged.
    public init(base: LogID = .zero) { terms = TermRuns(base: base) }

    /// The next entry, head and bodies.
    /// - Throws: `StorageError` code `damaged` or `tooNew`, naming the index.
    public mutating func visit(_ entry: UnsafeRawBufferPointer) throws(StorageError) {
        let index = terms.last.index.next
        do {
            let header = try verify(entry)
            guard header.totalLength == entry.count else { throw EntryError.truncated }
            guard header.index == index else { throw EntryError.notContiguous }
            guard header.term >= terms.last.term, header.term > .zero else { throw EntryError.termDecreases }
            guard header.kind.isKnown else { throw EntryError.unknownKind(header.kind) }
            if header.kind == .configuration {
                let bodies = UnsafeRawBufferPointer(rebasing: entry[EntryHeader.size...])
                let payload = UnsafeRawBufferPointer(rebasing: bodies[Int(header.extensionsLength)...])
                configurations.append(
                    LoggedMembership(id: header.id, membership: try MembershipCodec.decode(payload).membership))
            }
            terms.append(header.id)
        } catch let error as EntryError {
            throw StorageError(error.reason == .future ? .tooNew : .damaged, "log entry \(index): \(error)")
        } catch {
            throw StorageError(.damaged, "log entry \(index): its configuration \(error)")
        }
    }

    private func verify(_ entry: UnsafeRawBufferPointer) throws(EntryError) -> EntryHeader {
        #if TestBuild
            if mutation == .skipChecksums { return try EntryHeader(entry) }
        #endif
        return try EntryHeader.verify(entry)
    }

    public func finish(hardState: HardState?, snapshot: Snapshot? = nil) -> RecoveredGroup {
        RecoveredGroup(hardState: hardState, terms: terms, configurations: configurations, snapshot: snapshot)
    }
}
