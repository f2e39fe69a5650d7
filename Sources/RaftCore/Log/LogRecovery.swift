public import RaftMembership

/// Collects what a storage finds in its log at start, and checks it: each entry's checksum, that indices follow one
/// another, that terms never decrease (rules D3, L7). A storage plugin feeds it entry by entry. An entry that is not what
/// was written ends what counts of the log; what comes behind it is noted as a `DamagedTail`, and comes back from a leader.
public struct LogRecovery: Sendable {
    private var terms: TermRuns
    private var configurations: [LoggedMembership] = []
    private var damage: DamagedTail?
    /// Of intact entries behind damaged ones.
    private var detached: [LoggedMembership] = []
    private var firstFault: String?
    private var copy: LogCopy?
    private var mayHideConfiguration = false
    #if TestBuild
        /// The one rule that is broken on purpose.
        package var mutation: Mutation?
    #endif

    /// - Parameter base: the position before the first entry that is there; zero when nothing was ever purged.
    public init(base: LogID = .zero) { terms = TermRuns(base: base) }

    /// The index of the entry that is due.
    public var next: LogIndex { (damage?.lastIndex ?? terms.last.index).next }

    /// The next entry, head and bodies. Damage is noted.
    /// - Throws: `StorageError` code `tooNew` for what a newer release wrote, and `damaged` when so much is damaged that
    ///   nothing is worth keeping; naming the index.
    public mutating func visit(_ entry: UnsafeRawBufferPointer) throws(StorageError) {
        let index = next
        do {
            let header = try verify(entry)
            guard header.totalLength == entry.count else { throw EntryError.truncated }
            guard header.index == index else { throw EntryError.notContiguous }
            guard header.term >= lastTerm, header.term > .zero else { throw EntryError.termDecreases }
            guard header.kind.isKnown else { throw EntryError.unknownKind(header.kind) }
            if header.extensionsLength > 0 || header.flags != 0 || header.kind == .session {
                try EntryBatch.checkMeaning(header.kind, of: entry)
            }
            if header.kind.hasBody, copy == nil {
                copy = header.flags & EntryHeader.withoutBody != 0 ? .positions : .whole
            }
            if header.kind == .configuration {
                let bodies = UnsafeRawBufferPointer(rebasing: entry[EntryHeader.size...])
                let payload = UnsafeRawBufferPointer(rebasing: bodies[Int(header.extensionsLength)...])
                let logged = LoggedMembership(
                    id: header.id, membership: try MembershipCodec.decode(payload).membership)
                if damage == nil { configurations.append(logged) } else { detached.append(logged) }
            }
            if damage == nil { terms.append(header.id) } else { damage?.append(header.term) }
            try checkDamage()
        } catch let error as EntryError {
            // Every version has its checksum in the same place: a damaged one is no later one.
            guard error.reason != .future || !EntryHeader.isIntact(entry) else {
                throw StorageError(.tooNew, "log entry \(index): \(error)")
            }
            if !Self.looksLikeOther(entry, at: index) { mayHideConfiguration = true }
            try note("log entry \(index): \(error)")
        } catch let error as StorageError {
            throw error
        } catch {
            throw StorageError(.damaged, "log entry \(index): its configuration \(error)")
        }
    }

    /// The entry that is due is not there, and later ones are.
    /// - Throws: `StorageError` code `damaged`.
    public mutating func visitMissing() throws(StorageError) {
        mayHideConfiguration = true
        try note("log entry \(next): it is missing")
    }

    /// Whether an entry that is damaged has a head which says, for what that is worth, that it is no configuration.
    private static func looksLikeOther(_ entry: UnsafeRawBufferPointer, at index: LogIndex) -> Bool {
        guard let header = try? EntryHeader(entry), header.totalLength == entry.count else { return false }
        return header.index == index && header.kind.isKnown && header.kind != .configuration
    }

    /// Of the entry before, or of one further back when that cannot be read.
    private var lastTerm: Term { damage?.spans.last { $0.term != nil }?.term ?? terms.last.term }

    private mutating func note(_ fault: String) throws(StorageError) {
        if firstFault == nil { firstFault = fault }
        var tail = damage ?? DamagedTail(after: terms.last.index)
        tail.append(nil)
        damage = tail
        try checkDamage()
    }

    private func checkDamage() throws(StorageError) {
        guard let damage, damage.spans.count > DamagedTail.maximumSpans else { return }
        throw StorageError(.damaged, "\(firstFault ?? "damage"), and so are entries all over the log")
    }

    private func verify(_ entry: UnsafeRawBufferPointer) throws(EntryError) -> EntryHeader {
        #if TestBuild
            if mutation == .skipChecksums { return try EntryHeader(entry) }
        #endif
        return try EntryHeader.verify(entry)
    }

    /// - Parameter last: where the log ends, when storage knows that apart from the entries; what is missing there counts as
    ///   damaged, and the last term is known though its entry cannot be read.
    /// - Throws: `StorageError` code `damaged` when the entries do not end there.
    public func finish(
        hardState: HardState?, snapshot: Snapshot? = nil, last: LogID
    ) throws(StorageError) -> RecoveredGroup {
        var whole = self
        if whole.next <= last.index { try whole.visitMissing() }
        let end = whole.damage.map { LogID(term: $0.lastTerm ?? last.term, index: $0.lastIndex) } ?? terms.last
        guard end.index < last.index || end == last else {
            throw StorageError(.damaged, "the log ends at \(end), it should end at \(last)")
        }
        whole.damage?.vouch(for: last)
        return whole.finish(hardState: hardState, snapshot: snapshot)
    }

    public func finish(hardState: HardState?, snapshot: Snapshot? = nil) -> RecoveredGroup {
        var recovered = RecoveredGroup(
            hardState: hardState, terms: terms, configurations: configurations, snapshot: snapshot)
        recovered.damage = damage
        recovered.fault = firstFault
        recovered.detached = detached
        recovered.copy = copy
        recovered.mayHideConfiguration = mayHideConfiguration
        return recovered.droppingWhatTheSnapshotCovers().settingApart(after: hardState?.provenThrough ?? .zero)
    }
}
