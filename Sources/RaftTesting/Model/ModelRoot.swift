import RaftCore
import RaftMembership

/// Where an exploration begins: what is on the servers' disks. Servers recover from them as in production.
package struct ModelRoot: Hashable, Sendable {
    /// One server's disk: the configuration at index 1 in term 1, committed, then commands.
    struct Disk: Hashable, Sendable {
        /// The terms of the entries after the configuration.
        var terms: [UInt64] = []
        var term: UInt64 = 1
        /// The server it voted for in that term, counted from 1.
        var votedFor: Int?
    }

    package let name: String
    package let summary: String
    let disks: [Disk]
    /// Server 1 campaigns first, and everything is delivered until nothing is left to do.
    var isLed = false
    /// Requests carry one entry each, so that entries can be acknowledged one by one.
    var sendsSingleEntries = false

    package var nodes: Int { disks.count }

    /// Every root with this many servers.
    package static func all(nodes: Int) -> [ModelRoot] { roots.filter { $0.nodes == nodes } }

    package static func named(_ name: String, nodes: Int) -> ModelRoot? {
        all(nodes: nodes).first { $0.name == name }
    }

    private static let roots = [
        ModelRoot(name: "empty", summary: "formed, no entry yet", disks: [Disk(), Disk()]),
        ModelRoot(name: "led", summary: "server 1 leads term 2, all is quiet", disks: [Disk(), Disk()], isLed: true),
        ModelRoot(
            name: "suffix", summary: "server 1 wrote two entries as leader of term 2 and told nobody",
            disks: [Disk(terms: [2, 2], term: 2, votedFor: 1), Disk(term: 2, votedFor: 1)]),

        ModelRoot(name: "empty", summary: "formed, no entry yet", disks: [Disk(), Disk(), Disk()]),
        ModelRoot(
            name: "led", summary: "server 1 leads term 2, all is quiet", disks: [Disk(), Disk(), Disk()], isLed: true),
        ModelRoot(
            name: "suffix", summary: "server 1 wrote two entries as leader of term 2 and told nobody",
            disks: [Disk(terms: [2, 2], term: 2, votedFor: 1), Disk(term: 2, votedFor: 1), Disk(term: 2)]),
        ModelRoot(
            name: "suffixes",
            summary: "server 1 wrote two entries in term 2, server 2 one in term 3, with the vote of server 3",
            disks: [
                Disk(terms: [2, 2], term: 2, votedFor: 1), Disk(terms: [3], term: 3, votedFor: 2),
                Disk(term: 3, votedFor: 2),
            ]),
        ModelRoot(
            name: "figure7",
            summary: "one log is short, the others end in entries of terms 2 and 3 that nobody else has",
            disks: [
                Disk(term: 3, votedFor: 3), Disk(terms: [2, 2], term: 2, votedFor: 2),
                Disk(terms: [3, 3], term: 3, votedFor: 3),
            ]),
        ModelRoot(
            name: "figure8",
            summary: "before (c): server 1 has an entry of term 2, server 3 one of term 3; one entry a request",
            disks: [
                Disk(terms: [2], term: 3), Disk(term: 3, votedFor: 3), Disk(terms: [3], term: 3, votedFor: 3),
            ],
            sendsSingleEntries: true),
    ]
}

extension ModelRoot {
    static func member(_ slot: Int) -> Member { Member(id: NodeID(UInt64(slot) + 1), incarnation: 100) }
    static func slot(of member: Member) -> Int { Int(member.id.rawValue) - 1 }

    private static let cluster = ClusterID(high: 7, low: 7)

    private func configurationEntry() throws -> [UInt8] {
        let records = disks.indices.map {
            Membership.Record(member: Self.member($0), addresses: ["memory:\($0 + 1)"])
        }
        let membership = try Membership(members: records, voters: records.map(\.member.id))
        return MembershipCodec.encode(ConfigurationPayload(cluster: Self.cluster, membership: membership))
    }

    /// The disk of the server in `slot`: hard state and log.
    func disk(_ slot: Int) throws -> (HardState, EntryBatch) {
        let disk = disks[slot]
        var builder = EntryBatchBuilder(firstIndex: 1)
        builder.append(.configuration, term: 1, payload: try configurationEntry())
        var last: UInt64 = 1
        for term in disk.terms {
            // A leader begins its term with a no-op.
            let payload: [UInt8] = [UInt8(truncatingIfNeeded: builder.nextIndex.rawValue)]
            builder.append(term == last ? .command : .noOp, term: Term(term), payload: term == last ? payload : [])
            last = term
        }
        let hard = HardState(
            cluster: Self.cluster, member: Self.member(slot), term: Term(disk.term),
            votedFor: disk.votedFor.map { Self.member($0 - 1) }, commitHint: 1)
        return (hard, builder.finish())
    }
}
