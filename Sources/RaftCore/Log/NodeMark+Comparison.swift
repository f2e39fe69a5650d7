package import RaftMembership

// Whether the data that a node finds is what it left (rule M10).
extension NodeMark {
    /// What is wrong with `recovered` as the data of node `node`, which has this mark at `location`; nil when the data
    /// has everything that the mark tells of. The mark is never ahead of the data, whenever a crash comes, so nothing
    /// that it misses was ever there to lose but data that was taken away.
    package func objection(to recovered: RecoveredGroup, of node: NodeID, location: String) -> StorageError? {
        guard member.id == node else {
            return StorageError(
                .foreign,
                "the mark \(location) belongs to node \(member.id), this is node \(node): give each node a mark of its own"
            )
        }
        guard let found = recovered.hardState else {
            // A log without a hard state is damaged, and is reported so.
            return recovered.terms.last == .zero && recovered.damage == nil ? whenEmpty(location) : nil
        }
        // Data of another node is reported by whoever knows where it lies.
        guard found.member.id == node else { return nil }
        guard let difference = difference(to: found, recovered) else { return nil }
        return StorageError(.amnesiac, "\(difference) (mark \(location): \(self)): \(Self.consequence)")
    }

    private func whenEmpty(_ location: String) -> StorageError {
        let what =
            "the data directory is empty, but this node has run before as incarnation \(member.incarnation) "
            + "(mark \(location): \(self))"
        guard cluster != nil else {
            return StorageError(
                .amnesiac,
                "\(what): it belonged to no cluster then; put the old directory back if it still exists, or remove the "
                    + "mark too to begin a new life")
        }
        return StorageError(.amnesiac, "\(what): \(Self.consequence)")
    }

    private func difference(to found: HardState, _ recovered: RecoveredGroup) -> String? {
        // A later life, which has its own mark once it belongs to a configuration.
        if found.member.incarnation > member.incarnation { return nil }
        guard found.member.incarnation == member.incarnation else {
            return "the data is of incarnation \(found.member.incarnation), but this node ran last as incarnation "
                + "\(member.incarnation): the data is another life's, or a copy"
        }
        if let cluster, found.cluster != cluster {
            guard let other = found.cluster else {
                return "the data is older than it was: it knows no cluster, and this node had joined \(cluster)"
            }
            return "the data belongs to cluster \(other), and this node ran last in cluster \(cluster)"
        }
        guard found.startCounter >= startCounter else {
            return "the data is older than it was: it has seen \(found.startCounter) starts of \(startCounter)"
        }
        guard found.term >= term else {
            return "the data is older than it was: it ends in term \(found.term), and this node had entered \(term)"
        }
        if found.term == term, let votedFor, found.votedFor != votedFor {
            return "the data is older than it was: it lacks the vote for node \(votedFor.id) in term \(term)"
        }
        // What a snapshot covers is there, in another form.
        if !recovered.mayHold(last) {
            return
                "the data is older than it was: its log ends at \(recovered.terms.last), and entry \(last) was durable"
        }
        return nil
    }

    /// What it means, and what to do.
    static let consequence =
        "this node may have voted or acknowledged what it no longer has, so it takes no part as what it was; put back the "
        + "data it ran last on if that still exists; do not delete the mark to force it"
}
