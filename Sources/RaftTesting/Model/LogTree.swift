import RaftCore
import RaftMembership

/// One log, as a place in `LogTree`: two logs are the same exactly when their handles are.
struct LogHandle: Hashable, Sendable {
    var number: Int32
    /// The log without entries.
    static let empty = LogHandle(number: 0)
}

/// Every log that an exploration has met, each entry after its predecessor. Equal logs share one node, so that a prefix
/// is found by walking towards the root, and the Log Matching property (§5.3) is a comparison of handles.
///
/// A witness's log and a full member's (rule X2) are two nodes; they are compared by what a witness would keep of each.
struct LogTree: Sendable {
    /// What a log holds of its commands; both only when a rule is broken.
    struct Copies: OptionSet, Sendable {
        let rawValue: UInt8
        static let bodies = Copies(rawValue: 1)
        static let positions = Copies(rawValue: 2)
    }

    private struct Node {
        var parent: LogHandle
        var index: LogIndex
        var term: Term
        var entry: EntryBatch
        var fingerprint: UInt64
        /// In effect with this entry as the last.
        var membership: Membership
        var copies: Copies
        /// The same log as a witness keeps it.
        var positions: LogHandle
    }

    /// Whether there are witnesses, so that logs must be compared by their positions too.
    let hasWitnesses: Bool
    private var nodes = [
        Node(
            parent: .empty, index: .zero, term: .zero, entry: .empty, fingerprint: 0, membership: Membership(),
            copies: [], positions: .empty)
    ]
    private var handles: [UInt64: LogHandle] = [:]

    init(hasWitnesses: Bool = false) { self.hasWitnesses = hasWitnesses }

    func last(of log: LogHandle) -> LogID { LogID(term: self[log].term, index: self[log].index) }
    func lastIndex(of log: LogHandle) -> LogIndex { self[log].index }
    /// The same for the same entries, in every process.
    func fingerprint(of log: LogHandle) -> UInt64 { self[log].fingerprint }

    /// The log with the entries of `batch` behind it.
    mutating func extend(_ log: LogHandle, by batch: EntryBatch) -> LogHandle {
        var log = log
        for position in 0..<batch.count {
            let entry = batch.slice(from: batch.firstIndex + position, maxCount: 1)
            var hasher = StableHasher(seed: self[log].fingerprint)
            entry.withUnsafeBytes { hasher.combine($0) }
            if let known = handles[hasher.value] {
                log = known
                continue
            }
            let id = entry.id(at: 0)
            let parent = log
            log = LogHandle(number: Int32(nodes.count))
            nodes.append(
                Node(
                    parent: parent, index: id.index, term: id.term, entry: entry, fingerprint: hasher.value,
                    membership: configuration(in: entry, at: 0) ?? membership(of: parent),
                    copies: copies(of: parent).union(Self.copies(in: entry)), positions: log))
            handles[hasher.value] = log
            if hasWitnesses { notePositions(of: log, entry) }
        }
        return log
    }

    /// The configuration that the entry at `position` is; nil for another kind.
    func configuration(in entries: EntryBatch, at position: Int) -> Membership? {
        guard entries.kind(at: position) == .configuration else { return nil }
        return entries.withPayload(at: position) { try? MembershipCodec.decode($0) }?.membership
    }

    // MARK: Copies

    private static func copies(in entry: EntryBatch) -> Copies {
        guard entry.kind(at: 0).hasBody else { return [] }
        return entry.isWithoutBody(at: 0) ? .positions : .bodies
    }

    private mutating func notePositions(of log: LogHandle, _ entry: EntryBatch) {
        let before = self[self[log].parent].positions
        let isWhole = Self.copies(in: entry) == .bodies
        if !isWhole, before == self[log].parent { return }
        let positions = extend(before, by: isWhole ? entry.withoutBodies() : entry)
        nodes[Int(log.number)].positions = positions
    }

    /// What the log holds of commands.
    func copies(of log: LogHandle) -> Copies { self[log].copies }
    /// The log as a witness keeps it.
    func positions(of log: LogHandle) -> LogHandle { self[log].positions }

    /// What can be compared of two logs: of different copies only the positions.
    private func comparable(_ first: LogHandle, _ second: LogHandle) -> (LogHandle, LogHandle) {
        guard hasWitnesses, self[first].copies != self[second].copies else { return (first, second) }
        return (self[first].positions, self[second].positions)
    }

    // MARK: Configurations

    /// The configuration that the log puts in effect (rule M2).
    func membership(of log: LogHandle) -> Membership { self[log].membership }

    /// Where the log's last configuration stands of which this holds.
    func lastConfiguration(of log: LogHandle, where holds: (Membership) -> Bool) -> LogIndex? {
        var log = log
        while log != .empty {
            if self[log].entry.kind(at: 0) == .configuration, holds(self[log].membership) { return self[log].index }
            log = self[log].parent
        }
        return nil
    }

    /// Where the configuration in effect stands.
    func lastConfiguration(of log: LogHandle) -> LogID {
        guard let index = lastConfiguration(of: log, where: { _ in true }),
            let prefix = prefix(of: log, through: index)
        else { return .zero }
        return last(of: prefix)
    }

    // MARK: Prefixes

    /// The log up to and including `index`; nil when it does not reach so far.
    func prefix(of log: LogHandle, through index: LogIndex) -> LogHandle? {
        var log = log
        guard self[log].index >= index else { return nil }
        while self[log].index > index { log = self[log].parent }
        return log
    }

    func isPrefix(_ log: LogHandle, of other: LogHandle) -> Bool {
        let (one, other) = comparable(log, other)
        return one == other || prefix(of: other, through: self[one].index) == one
    }

    /// Where the two logs differ first from the end of the shorter one on; nil when one is a prefix of the other.
    /// `isMismatch` when they differ below an entry of the same index and term.
    func difference(_ first: LogHandle, _ second: LogHandle) -> (index: LogIndex, isMismatch: Bool)? {
        let (one, other) = comparable(first, second)
        if one == other { return nil }
        let length = min(self[one].index, self[other].index)
        guard var first = prefix(of: one, through: length), var second = prefix(of: other, through: length) else {
            return nil
        }
        var found: LogIndex?
        while first != second {
            found = self[first].index
            if self[first].term == self[second].term { return (self[first].index, true) }
            first = self[first].parent
            second = self[second].parent
        }
        return found.map { ($0, false) }
    }

    /// The entries of a log, oldest first.
    func entries(of log: LogHandle) -> [EntryBatch] {
        var entries: [EntryBatch] = []
        var log = log
        while log != .empty {
            entries.append(self[log].entry)
            log = self[log].parent
        }
        return entries.reversed()
    }

    func entries(of log: LogHandle, from first: LogIndex, through last: LogIndex) -> EntryBatch {
        EntryBatch.joining(entries(of: log).filter { (first...max(first, last)).contains($0.firstIndex) })
    }

    /// The terms of a log: `1 2 2`.
    func describe(_ log: LogHandle) -> String {
        entries(of: log).map { "\($0.term(at: 0))" }.joined(separator: " ")
    }

    private subscript(_ log: LogHandle) -> Node {
        _read { yield nodes[Int(log.number)] }
    }
}
