import RaftCore
import RaftMembership

/// Where an exploration begins: what is on the servers' disks, and what happened since. Servers recover from their disks
/// as in production.
package struct ModelRoot: Hashable, Sendable {
    /// One server's disk: the configuration at index 1 in term 1, committed, then commands.
    struct Disk: Hashable, Sendable {
        /// The terms of the entries after the configuration.
        var terms: [UInt64] = []
        var term: UInt64 = 1
        /// The server it voted for in that term, counted from 1.
        var votedFor: Int?
        /// The commit index it knows of.
        var committed: UInt64 = 1
        /// Entries up to here are in a snapshot, and gone.
        var compacted: UInt64 = 0

        /// Of a server that knows its cluster and has nothing else: no entry, no configuration.
        static let outside = Disk(term: 0, committed: 0)
    }

    /// What happened before, servers counted from 0. Everything between the servers named arrives, in its order, every
    /// write completes, and what goes to others is lost.
    enum Prelude: Hashable, Sendable {
        /// The first campaigns, wins, and goes on until all is quiet.
        case lead([Int])
        /// The first campaigns and wins; what it sends as a leader is under way.
        case win([Int])
        /// A leader sends heartbeats; the others' answers are under way.
        case heartbeat(Int)
    }

    package let name: String
    package let summary: String
    let disks: [Disk]
    var preludes: [Prelude] = []
    /// Requests carry one entry each, so that entries can be acknowledged one by one.
    var sendsSingleEntries = false
    /// How many servers, the first ones, are members at the beginning; nil for all.
    var members: Int?
    /// Changes of membership that may be asked of a leader.
    var changes: [[MembershipChange]] = []
    /// Servers, counted from 0, that are witnesses from the beginning (rules X).
    var witnesses: [Int] = []

    package var nodes: Int { disks.count }
    /// Whether all servers, but for the witnesses, play the same part, whatever their names.
    var isSymmetric: Bool { changes.isEmpty && members == nil }
    /// Whether somebody is a witness, or may become one.
    var hasWitnesses: Bool { !witnesses.isEmpty || changes.contains { $0.contains(where: \.addsWitness) } }

    /// Every root with this many servers.
    package static func all(nodes: Int) -> [ModelRoot] { roots.filter { $0.nodes == nodes } }

    package static func named(_ name: String, nodes: Int) -> ModelRoot? {
        all(nodes: nodes).first { $0.name == name }
    }
}

extension ModelRoot {
    static func member(_ slot: Int) -> Member { Member(id: NodeID(UInt64(slot) + 1), incarnation: 100) }
    static func slot(of member: Member) -> Int { Int(member.id.rawValue) - 1 }

    static let cluster = ClusterID(high: 7, low: 7)

    private func configurationEntry() throws -> [UInt8] {
        let records = disks.indices.prefix(members ?? disks.count).map {
            Membership.Record(
                member: Self.member($0), addresses: ["memory:\($0 + 1)"], isWitness: witnesses.contains($0))
        }
        let membership = try Membership(members: records, voters: records.map(\.member.id))
        return MembershipCodec.encode(ConfigurationPayload(cluster: Self.cluster, membership: membership))
    }

    /// The disk of the server in `slot`: hard state and log.
    func disk(_ slot: Int) throws -> (HardState, EntryBatch) {
        let disk = disks[slot]
        var builder = EntryBatchBuilder(firstIndex: 1)
        if slot < members ?? disks.count || !disk.terms.isEmpty {
            builder.append(.configuration, term: 1, payload: try configurationEntry())
        }
        var last: UInt64 = 1
        for term in disk.terms {
            // A leader begins its term with a no-op.
            let payload: [UInt8] = [UInt8(truncatingIfNeeded: builder.nextIndex.rawValue)]
            builder.append(term == last ? .command : .noOp, term: Term(term), payload: term == last ? payload : [])
            last = term
        }
        let hard = HardState(
            cluster: Self.cluster, member: Self.member(slot), term: Term(disk.term),
            votedFor: disk.votedFor.map { Self.member($0 - 1) }, commitHint: LogIndex(disk.committed))
        let entries = builder.finish()
        return (hard, witnesses.contains(slot) ? entries.withoutBodies() : entries)
    }
}

extension MembershipChange {
    fileprivate var addsWitness: Bool {
        if case .add(_, _, .witness) = wish { true } else { false }
    }
}
