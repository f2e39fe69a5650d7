/// How much of each kind of trouble the world may make along one path. A path that has used up a kind goes on without
/// it: every explored path is a possible one, and what a budget leaves out is not explored.
package struct ModelBudget: Hashable, Sendable {
    /// Election timeouts that pass, at any server. Each begins a campaign, and a campaign enters one new term at most.
    package var terms: UInt8
    /// Commands proposed.
    package var entries: UInt8
    /// Messages lost from a full link. Loss of any other message needs no budget: it is never delivered.
    package var losses: UInt8
    /// Messages delivered and kept, to be delivered again.
    package var duplicates: UInt8
    /// Crashes, each followed by a restart. What was being written is lost, or any first part of it is not.
    package var crashes: UInt8
    /// Rounds of heartbeats that the network carries; further ones are lost.
    package var heartbeats: UInt8
    /// Linearizable reads requested of a leader.
    package var reads: UInt8
    /// Disks that lose their last entry in a crash. What no rule can hold together then is not checked any more.
    package var amnesias: UInt8
    /// Messages of a newer release, of an earlier life of their sender, or of a leader that does things otherwise.
    package var strangers: UInt8
    /// Changes of membership asked of a leader, each one of those that the root names.
    package var changes: UInt8
    /// Transfers of leadership asked of a leader.
    package var transfers: UInt8
    /// Snapshots asked of any server, which cuts its log behind it.
    package var snapshots: UInt8

    package init(
        terms: UInt8 = 2, entries: UInt8 = 0, losses: UInt8 = 0, duplicates: UInt8 = 0, crashes: UInt8 = 0,
        heartbeats: UInt8 = 0, reads: UInt8 = 0, amnesias: UInt8 = 0, strangers: UInt8 = 0,
        changes: UInt8 = 0, transfers: UInt8 = 0, snapshots: UInt8 = 0
    ) {
        self.terms = terms
        self.entries = entries
        self.losses = losses
        self.duplicates = duplicates
        self.crashes = crashes
        self.heartbeats = heartbeats
        self.reads = reads
        self.amnesias = amnesias
        self.strangers = strangers
        self.changes = changes
        self.transfers = transfers
        self.snapshots = snapshots
    }

    /// The greatest of each.
    package static let limit: UInt8 = 31

    @inline(__always)
    package var all: [UInt8] {
        [
            terms, entries, losses, duplicates, crashes, heartbeats, reads, amnesias, strangers, changes, transfers,
            snapshots,
        ]
    }

    var packed: UInt64 { all.reduce(0) { $0 << 5 | UInt64(min($1, Self.limit)) } }

    init(packed: UInt64) {
        func field(_ position: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: packed >> (5 * position)) & Self.limit }
        self.init(
            terms: field(11), entries: field(10), losses: field(9), duplicates: field(8), crashes: field(7),
            heartbeats: field(6), reads: field(5), amnesias: field(4), strangers: field(3), changes: field(2),
            transfers: field(1), snapshots: field(0))
    }
}

extension ModelBudget: CustomStringConvertible {
    package var description: String {
        "terms \(terms), entries \(entries), losses \(losses), duplicates \(duplicates), crashes \(crashes), "
            + "heartbeats \(heartbeats), reads \(reads), amnesias \(amnesias), strangers \(strangers), "
            + "changes \(changes), transfers \(transfers), snapshots \(snapshots)"
    }
}
