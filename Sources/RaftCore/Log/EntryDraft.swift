import RaftMembership

/// An entry that is to be appended, as a client proposed it.
protocol ProposedEntry {
    /// Bytes of the entry.
    var entrySize: Int { get }
    func append(to builder: inout EntryBatchBuilder, term: Term)
}

/// A command and nothing else.
extension [UInt8]: ProposedEntry {
    var entrySize: Int { EntryHeader.size + count }

    func append(to builder: inout EntryBatchBuilder, term: Term) { builder.append(.command, term: term, payload: self) }
}

/// An entry of any kind, with its extensions.
package struct EntryDraft: ProposedEntry, Hashable, Sendable {
    package var kind: EntryKind
    package var extensions: [UInt8]
    package var payload: [UInt8]

    package init(_ kind: EntryKind, extensions: [UInt8] = [], payload: [UInt8]) {
        self.kind = kind
        self.extensions = extensions
        self.payload = payload
    }

    var entrySize: Int { EntryHeader.size + extensions.count + payload.count }

    func append(to builder: inout EntryBatchBuilder, term: Term) {
        builder.append(kind, term: term, extensions: extensions, payload: payload)
    }
}
