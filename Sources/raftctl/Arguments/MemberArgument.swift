import ArgumentParser
import RaftCore
import RaftMembership

/// A member and where its peers reach it: `1=unix:/run/raftd/1.sock`.
struct MemberArgument: ExpressibleByArgument {
    let id: NodeID
    let address: String

    init?(argument: String) {
        guard let sign = argument.firstIndex(of: "="), let id = UInt64(argument[..<sign]), id > 0, id < wireBound,
            let address = try? RaftAddress(String(argument[argument.index(after: sign)...]))
        else { return nil }
        self.id = NodeID(id)
        self.address = "\(address)"
    }
}
