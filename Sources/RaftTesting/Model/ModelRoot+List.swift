import RaftMembership

extension ModelRoot {
    static let roots = pairs + triples + witnesses + compacted

    private static let pairs = [
        ModelRoot(name: "empty", summary: "formed, no entry yet", disks: [Disk(), Disk()]),
        ModelRoot(
            name: "led", summary: "server 1 leads term 2, all is quiet", disks: [Disk(), Disk()],
            preludes: [.lead([0, 1])]),
        ModelRoot(
            name: "suffix", summary: "server 1 wrote two entries as leader of term 2 and told nobody",
            disks: [Disk(terms: [2, 2], term: 2, votedFor: 1), Disk(term: 2, votedFor: 1)]),
    ]

    private static let triples = [
        ModelRoot(name: "empty", summary: "formed, no entry yet", disks: [Disk(), Disk(), Disk()]),
        ModelRoot(
            name: "led", summary: "server 1 leads term 2, all is quiet", disks: [Disk(), Disk(), Disk()],
            preludes: [.lead([0, 1, 2])]),
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
            name: "stale",
            summary: "server 1 wrote three entries in term 2 and told nobody; the others committed one of term 3",
            disks: [
                Disk(terms: [2, 2, 2], term: 3), Disk(terms: [3], term: 3, votedFor: 2, committed: 2),
                Disk(terms: [3], term: 3, votedFor: 2),
            ]),
        ModelRoot(
            name: "figure7",
            summary: "two logs agree, one of them lacks an entry of term 4; the third ends in three of term 3",
            disks: [
                Disk(terms: [2, 4], term: 4, votedFor: 1), Disk(terms: [2], term: 4, votedFor: 1),
                Disk(terms: [3, 3, 3], term: 3, votedFor: 3),
            ]),
        ModelRoot(
            name: "figure8",
            summary: "before (c): server 1 has an entry of term 2, server 3 one of term 3; one entry a request",
            disks: [
                Disk(terms: [2], term: 3), Disk(term: 3, votedFor: 3), Disk(terms: [3], term: 3, votedFor: 3),
            ],
            sendsSingleEntries: true),
        ModelRoot(
            name: "figure8c",
            summary: "(c): server 1 with its entry of term 2 leads again, elected by server 2; one entry a request",
            disks: [
                Disk(terms: [2], term: 3), Disk(term: 3, votedFor: 3), Disk(terms: [3], term: 4),
            ],
            preludes: [.win([0, 1])], sendsSingleEntries: true),
        ModelRoot(
            name: "overhang",
            summary: "server 2 leads term 4 and has committed with server 3; two entries of server 1 were replaced",
            disks: [
                Disk(terms: [2, 2, 2], term: 2, votedFor: 1), Disk(terms: [2, 3], term: 3, votedFor: 2),
                Disk(terms: [2, 3], term: 3, votedFor: 2),
            ],
            preludes: [.lead([1, 2])], sendsSingleEntries: true),
        ModelRoot(
            name: "deposed",
            summary:
                "server 1 led term 2; server 2 leads term 3 and has committed; old answers are on their way to 1",
            disks: [Disk(), Disk(), Disk()],
            preludes: [.lead([0, 1, 2]), .heartbeat(0), .lead([1, 2])]),
        ModelRoot(
            name: "add", summary: "server 1 leads term 2 of two; server 3 may be added",
            disks: [Disk(), Disk(), .outside], preludes: [.lead([0, 1])], members: 2, changes: [[add(3)]]),
        ModelRoot(
            name: "remove", summary: "server 1 leads term 2 of three; it or server 3 may be removed",
            disks: [Disk(), Disk(), Disk()], preludes: [.lead([0, 1, 2])],
            changes: [[.remove(3)], [.remove(1)]]),
        ModelRoot(
            name: "replace", summary: "server 1 leads term 2 of two; server 3 may take the place of either",
            disks: [Disk(), Disk(), .outside], preludes: [.lead([0, 1])], members: 2,
            changes: [[add(3), .remove(2)], [add(3), .remove(1)]]),
    ]

    private static let witnesses = [
        ModelRoot(
            name: "witnessEmpty", summary: "formed, server 3 is a witness, no entry yet",
            disks: [Disk(), Disk(), Disk()], witnesses: [2]),
        ModelRoot(
            name: "witness", summary: "server 1 leads term 2 of two full voters and a witness, server 3",
            disks: [Disk(), Disk(), Disk()], preludes: [.lead([0, 1, 2])], witnesses: [2]),
        ModelRoot(
            name: "witnessSuffix",
            summary: "server 1 wrote a command in term 2 that the witness, server 3, has, and server 2 has not",
            disks: [
                Disk(terms: [2, 2], term: 2, votedFor: 1), Disk(term: 2, votedFor: 1),
                Disk(terms: [2, 2], term: 2, votedFor: 1),
            ], witnesses: [2]),
        ModelRoot(
            name: "addWitness",
            summary: "server 1 leads term 2 of two; server 3 may be added as a witness, and take the place of server 2",
            disks: [Disk(), Disk(), .outside], preludes: [.lead([0, 1])], members: 2,
            changes: [[add(3, as: .witness)], [add(3, as: .witness), .remove(2)]]),
        ModelRoot(
            name: "otherCopy",
            summary: "server 1 leads term 3 of two; server 3, a full member once, may be added as a witness",
            disks: [
                Disk(terms: [2, 2], term: 2, votedFor: 1, committed: 3),
                Disk(terms: [2, 2], term: 2, votedFor: 1, committed: 3), Disk(terms: [2, 2], term: 2, committed: 0),
            ],
            preludes: [.lead([0, 1])], members: 2, changes: [[add(3, as: .witness)]]),
    ]

    private static let compacted = [
        ModelRoot(
            name: "behind",
            summary: "server 1 has begun to lead term 3, its log cut behind a snapshot that server 3 has nothing of",
            disks: [
                Disk(terms: [2, 2], term: 2, votedFor: 1, committed: 3, compacted: 3),
                Disk(terms: [2, 2], term: 2, votedFor: 1, committed: 3), Disk(term: 2),
            ],
            preludes: [.win([0, 1, 2])]),
        ModelRoot(
            name: "behindConflict",
            summary: "the same, in term 4, and server 3 has three entries of term 2 that nobody else has",
            disks: [
                Disk(terms: [3, 3], term: 3, votedFor: 1, committed: 3, compacted: 3),
                Disk(terms: [3, 3], term: 3, votedFor: 1, committed: 3), Disk(terms: [2, 2, 2], term: 2, votedFor: 3),
            ],
            preludes: [.win([0, 1, 2])]),
        ModelRoot(
            name: "witnessBehind", summary: "as behind, and server 3 is a witness",
            disks: [
                Disk(terms: [2, 2], term: 2, votedFor: 1, committed: 3, compacted: 3),
                Disk(terms: [2, 2], term: 2, votedFor: 1, committed: 3), Disk(term: 2),
            ],
            preludes: [.win([0, 1, 2])], witnesses: [2]),
    ]

    private static func add(_ id: NodeID, as kind: MemberKind = .voter) -> MembershipChange {
        .add(id, addresses: ["memory:\(id)"], as: kind)
    }
}
