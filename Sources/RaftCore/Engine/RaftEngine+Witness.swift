import RaftMembership

// Witnesses (rules X1 to X4): they vote, and confirm entries, rounds and leases; of what is in the log they keep kind, term
// and index, and configurations whole. They never lead, and nobody reads there.
extension RaftEngine {
    /// Whether this server keeps positions only: what its log holds says so, and the configuration as long as it holds
    /// nothing.
    package var isWitness: Bool {
        copy == .positions || (copy == nil && ownSlot.map { membership.members[$0].isWitness } ?? false)
    }

    /// A log is whole or without bodies, from its first command on (rule X2). A leader that sends the other knows this
    /// server as what it was not when it began: it stops, before anything of that is written. False when fenced.
    mutating func admits(_ batch: EntryBatch, _ fx: inout Effects) -> Bool {
        // What most servers get.
        if batch.isPlain, copy == .whole || breaks(.mixCopies) { return true }
        guard let theirs = batch.copy else { return true }
        let own = copy ?? theirs
        if let other = batch.firstEntry(notOf: own), !breaks(.mixCopies) {
            fence(
                "entry \(other) comes \(own == .whole ? "without its body" : "with its body"), and "
                    + Self.otherCopy(own), &fx)
            return false
        }
        copy = own
        return true
    }

    /// The same for what takes the log's place: the machine has the state of neither copy but its own. False when fenced.
    mutating func admits(_ snapshot: Snapshot, _ fx: inout Effects) -> Bool {
        guard let copy, copy != snapshot.copy, !breaks(.mixCopies) else { return true }
        fence(
            "snapshot \(snapshot.last) comes \(copy == .whole ? "without its body" : "with its body"), and "
                + Self.otherCopy(copy), &fx)
        return false
    }

    /// A member is a witness or a full one for as long as it keeps its data (rule X2).
    mutating func checkOwnCopy(_ fx: inout Effects) {
        guard let copy, let slot = ownSlot, membership.members[slot].isWitness != (copy == .positions),
            !breaks(.mixCopies)
        else { return }
        fence(
            "the configuration has this node as a \(copy == .whole ? "witness" : "full member"), and "
                + Self.otherCopy(copy), &fx)
    }

    private static func otherCopy(_ copy: LogCopy) -> String {
        "its data are a \(copy == .whole ? "full member" : "witness")'s: empty its data directory, and start it again"
    }
}
