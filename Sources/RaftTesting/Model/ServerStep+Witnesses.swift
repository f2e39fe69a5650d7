import RaftCore
import RaftMembership

// What one server alone can break of the rules of witnesses (rules X2 to X4).
extension ServerStep {
    /// A witness's log has no commands, a full member's has nothing else (rule X2).
    mutating func checkCopies(_ batch: StorageBatch, _ log: LogHandle, _ logs: LogTree) {
        guard !batch.entries.isEmpty else { return }
        let copies = logs.copies(of: log)
        if copies == [.bodies, .positions] {
            fail("X2", "a log holds entries with their bodies and without")
        }
        guard !copies.isEmpty, let kind = logs.membership(of: log).kind(of: engine.member.id) else { return }
        if copies.contains(.bodies) == (kind == .witness) {
            fail("X2", "a \(kind) keeps entries \(kind == .witness ? "with" : "without") their bodies")
        }
    }

    /// Whether the leader takes this server for what its data is not: it stops, so as not to mix the two (rule X2).
    func isTakenForAnother(by input: Input, _ logs: LogTree) -> Bool {
        let own = logs.copies(of: memory)
        guard !own.isEmpty, case .received(let envelope) = input, case .appendEntries(let request) = envelope.message
        else { return false }
        return (0..<request.entries.count).contains { position in
            if request.entries.kind(at: position).hasBody {
                return request.entries.isWithoutBody(at: position) == own.contains(.bodies)
            }
            guard let kind = logs.configuration(in: request.entries, at: position)?.kind(of: engine.member.id) else {
                return false
            }
            return (kind == .witness) == own.contains(.bodies)
        }
    }

    /// Whether it has a reason to stop itself.
    var mayFence: Bool {
        landmarks.contains(ModelLandmarks(.unknownKind)) || landmarks.contains(ModelLandmarks(.otherCopy))
    }

    /// A witness never campaigns (rule X3).
    mutating func checkRole() {
        if engine.membership.kind(of: engine.member.id) == .witness {
            fail("X3", "a witness is \(engine.role) of term \(engine.term)")
        }
    }

    /// What of a full member's disk the next write cuts is remembered: a witness may have it still (rule X4).
    mutating func noteFormer(after next: LogHandle, _ logs: LogTree) {
        guard !before.isWitness, !logs.isPrefix(disk, of: next),
            !ghost.former.contains(where: { logs.isPrefix(disk, of: $0) })
        else { return }
        ghost.former.removeAll { logs.isPrefix($0, of: disk) }
        ghost.former.append(disk)
    }
}
