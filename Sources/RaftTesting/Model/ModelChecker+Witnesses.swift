import RaftCore
import RaftMembership

// What holds between servers some of which are witnesses (rules X1, X4).
extension ModelChecker {
    /// What is committed is whole on some disk (rule X1), and what a witness has, a full member has or had on disk: of an
    /// entry that only a witness has, nobody could lead again who has to lead (rule X4).
    func missingCopy(in state: ModelState) -> ModelViolation? {
        let committed = committed(in: state)
        if !state.servers.contains(where: { isWhole(committed, on: $0) }) {
            return ModelViolation(
                "X1", "entry \(tables.logs.last(of: committed)) is committed, and no disk has all up to it whole")
        }
        for witness in state.servers where tables.summaries[Int(witness)].isWitness {
            let disk = tables.summaries[Int(witness)].disk
            let isHeld = state.servers.contains { server in
                !tables.summaries[Int(server)].isWitness
                    && (tables.logs.isPrefix(disk, of: tables.summaries[Int(server)].disk)
                        || tables.servers[Int(server)].ghost.former.contains { tables.logs.isPrefix(disk, of: $0) })
            }
            if !isHeld {
                return ModelViolation(
                    "X4",
                    "\(name(witness)), a witness, has entry \(tables.logs.last(of: disk)), which was never on the "
                        + "disk of a full member")
            }
        }
        return nil
    }

    /// Whether the server's disk has all of the log with bodies.
    private func isWhole(_ log: LogHandle, on server: UInt32) -> Bool {
        let disk = tables.summaries[Int(server)].disk
        guard let held = tables.logs.prefix(of: disk, through: tables.logs.lastIndex(of: log)) else { return false }
        return tables.logs.isPrefix(log, of: held) && !tables.logs.copies(of: held).contains(.positions)
    }

    /// Whether one full member and a witness alone have on disk all that is committed, and something is.
    func isCommittedByWitness(_ state: ModelState) -> Bool {
        let committed = committed(in: state)
        guard tables.logs.lastIndex(of: committed).rawValue > UInt64(rootCommit) else { return false }
        let holders = state.servers.filter {
            tables.logs.isPrefix(committed, of: tables.summaries[Int($0)].disk)
        }
        return holders.count == 2 && holders.contains { tables.summaries[Int($0)].isWitness }
    }
}
