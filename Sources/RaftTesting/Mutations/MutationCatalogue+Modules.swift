package import RaftCore

extension MutationCatalogue {
    /// Rules of storage and transport, which the simulator replaces by its own: by what property of a conformance suite
    /// each is caught, or by what test that names it. All of them in the `SwitchTests` of the module.
    package static let modules: [Mutation: String] = [
        .commitWithoutSync: "storage conformance, power-lost-at-any-call",
        .commitWithoutMetaSync: "storage conformance, power-lost-at-any-call",
        .trustPageCache: "storage conformance, power-lost-after-kill",
        .trustNames: "storage conformance, power-lost-after-kill",
        .splitCommit: "storage conformance, killed-at-any-call",
        .splitBatch: "storage conformance, killed-at-any-call",
        .serveUnverified: "storage conformance, damage",
        .openWithoutLock: "storage conformance, one-opener",
        .recoverUnverified: "storage conformance, damage",
        .ignoreDirtyFlag: "storage conformance, damage-after-failure",
        .writeAfterFailedCommit: "storage conformance, failed-commit",
        .ignoreFailedCommit: "storage conformance, failed-commit",
        .ignoreFullDisk: "storage conformance, reserve",
        .snapshotWithoutSync: "storage conformance, snapshot-crashes",
        .forgetSnapshotBody: "storage conformance, snapshot-crashes",
        .acceptOtherName: "transport conformance, cluster-name",
        .acceptOtherCluster: "transport conformance, cluster-identity",
        .believeSender: "transport conformance, sender",
        .deliverToFormerLife: "transport conformance, addressee",
        .carryAllWithoutCluster: "transport conformance, formation-only",
        .ignoreObjections: "transport conformance, objections",
        .keepForAbsentPeers: "transport conformance, absent-peers",
        .deliverBeforeGreeting: "RaftTransportUnixTests.SwitchTests",
        .skipFrameChecksum: "RaftTransportUnixTests.SwitchTests",
        .unboundedFrames: "RaftTransportUnixTests.SwitchTests",
        .admitAnyUser: "RaftTransportUnixTests.SwitchTests",
        .unboundedQueue: "RaftTransportUnixTests.SwitchTests",
        .redialWithoutPause: "RaftTransportUnixTests.SwitchTests",
        .recoverInTwoCommits: "RaftStorageLMDBTests.ClusterRecoveryTests",
    ]
}
