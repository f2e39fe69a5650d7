import RaftMembership

// Disks without room for entries (rule D4).
extension Driver {
    func probeDisk(_ bytes: Int) {
        guard inlineStorage else { return writer.probe(bytes: bytes) }
        do {
            post(.storage(.probed(hasRoom: try storage.hasRoom(forEntries: bytes))))
        } catch {
            post(.storage(.failed(error)))
        }
    }

    /// Why nothing was appended, where, and what to do.
    func withoutRoom(_ nodes: [NodeID]) -> RaftError {
        let names = nodes.map(\.description).joined(separator: ", ")
        return RaftError(
            .diskFull,
            nodes.count == 1
                ? "nothing was appended: the disk of node \(names) is full; free space there, and writes go on by themselves"
                : "nothing was appended: the disks of nodes \(names) are full; free space there, and writes go on by "
                    + "themselves")
    }

    /// What becomes of proposals whose entries nobody here waits for any more.
    var abandoned: RaftError {
        let why =
            engine.role == .leader ? "the disk of node \(engine.member.id) was full" : "leadership was lost"
        return RaftError(.unknown, "\(why) before the command was committed: it may or may not be applied")
    }
}
