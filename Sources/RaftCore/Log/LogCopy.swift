import RaftMembership

/// What a log holds of its commands (rule X2). It is one or the other, from its first command on.
package enum LogCopy: String, Hashable, Sendable {
    /// Everything.
    case whole
    /// Kind, term and index of each, as a witness keeps it.
    case positions
}

extension EntryKind {
    /// Whether witnesses keep such entries without their bodies. Configurations they need, a no-op has none.
    package var hasBody: Bool { self == .command || self == .session }
}

extension EntryBatch {
    /// Whether the entry at `position` is there without its body.
    package func isWithoutBody(at position: Int) -> Bool {
        guard !isPlain else { return false }
        return withUnsafeBytes(ofEntryAt: position) {
            UInt16(littleEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self)) & EntryHeader.withoutBody != 0
        }
    }

    /// The first entry that is of another copy than `copy`.
    func firstEntry(notOf copy: LogCopy) -> LogID? {
        (0..<count).first { kind(at: $0).hasBody && isWithoutBody(at: $0) != (copy == .positions) }.map(id)
    }

    /// Which copy these entries are of; nil when they have no command.
    var copy: LogCopy? {
        (0..<count).first { kind(at: $0).hasBody }.map { isWithoutBody(at: $0) ? .positions : .whole }
    }

    /// The same entries as a witness keeps them.
    package func withoutBodies() -> EntryBatch {
        var builder = EntryBatchBuilder(
            firstIndex: firstIndex, capacity: count * EntryHeader.size, count: count)
        for position in 0..<count {
            let kind = kind(at: position)
            guard !kind.hasBody else {
                builder.appendWithoutBody(kind, term: term(at: position))
                continue
            }
            builder.append(
                kind, term: term(at: position), extensions: extensionBytes(at: position),
                payload: withPayload(at: position) { [UInt8]($0) })
        }
        return builder.finish()
    }

    private func extensionBytes(at position: Int) -> [UInt8] {
        withUnsafeBytes(ofEntryAt: position) { raw in
            let length = Int(UInt32(littleEndian: raw.loadUnaligned(fromByteOffset: 24, as: UInt32.self)))
            return [UInt8](raw[EntryHeader.size..<EntryHeader.size + length])
        }
    }
}

extension Snapshot {
    /// A witness's: position and configuration. A body is never empty otherwise, for it has a head.
    package var isWithoutBody: Bool { size == 0 }

    /// The same position as a witness keeps it.
    func withoutBody() -> Snapshot { Snapshot(last: last, cluster: cluster, configuration: configuration) }

    var copy: LogCopy { isWithoutBody ? .positions : .whole }
}
