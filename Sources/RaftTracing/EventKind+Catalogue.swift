/// The kinds of event that this package records. The sentence in each is what it means to an operator.
///
/// An id, once released, keeps its meaning: journal catalogues, alert rules and scripts refer to it. A kind is computed
/// and not stored, so that naming one in a call that is switched off costs nothing.
extension EventKind {
    // MARK: Roles and elections

    @inlinable public static var roleChanged: EventKind {
        EventKind(
            "raft.role.changed", "a3db6c32a80a4149adb1e2f17306167f", .info, "role term",
            "This node took another role in its group.")
    }

    @inlinable public static var termChanged: EventKind {
        EventKind(
            "raft.term.changed", "c1ba3933a346437f8a1c10bdbd9fc0f1", .debug, "term",
            "This node entered a later term.")
    }

    @inlinable public static var leaderKnown: EventKind {
        EventKind(
            "raft.leader.known", "b7ec2c019fb54be181cf7f2bfb36d9c2", .info, "peer term",
            "This node learned which node leads its group.")
    }

    @inlinable public static var voteGranted: EventKind {
        EventKind(
            "raft.vote.granted", "9c4304628f2e46388ee25c10a84f861b", .info, "peer term",
            "This node gave its vote of the term to a candidate.")
    }

    @inlinable public static var voteRefused: EventKind {
        EventKind(
            "raft.vote.refused", "85b725dba4f54c3396fc732e0cfbe57d", .debug, "peer term",
            "This node refused its vote to a candidate; the reason says why.")
    }

    @inlinable public static var electionStarted: EventKind {
        EventKind(
            "raft.election.started", "eea734061ee840378a74d29f9418999f", .debug, "term",
            "This node heard from no leader for its election time-out and asks for votes.")
    }

    @inlinable public static var leaderElected: EventKind {
        EventKind(
            "raft.leader.elected", "fe231fb5abfc4434a7d7c1a2f7459fff", .info, "peer term",
            "A leader was elected; the group takes writes again.")
    }

    @inlinable public static var leaderLost: EventKind {
        EventKind(
            "raft.leader.lost", "3d9ab70ef16b4710b405e5bbd4b0ffb7", .info, "term",
            "The leader is no longer heard from; writes wait for the next election.")
    }

    @inlinable public static var quorumLost: EventKind {
        EventKind(
            "raft.quorum.lost", "dc0984229f84425eab65c9b62851d59a", .warning, "term",
            "The leader no longer reaches a quorum and steps down; check the peers and the network between them.")
    }

    @inlinable public static var votesWithheld: EventKind {
        EventKind(
            "raft.votes.withheld", "c79ef958c8f846918ae07ff0bad7f9c6", .info, "",
            "This node was restarted and may have promised a leader its vote; it votes again in a moment.")
    }

    @inlinable public static var leaseEnded: EventKind {
        EventKind(
            "raft.lease.ended", "1e89ec78a67b442aaab0ecbd13e5952b", .debug, "term",
            "This leader hands over; its lease reads ask a quorum for the rest of its term.")
    }

    @inlinable public static var readsUnanswered: EventKind {
        EventKind(
            "raft.reads.unanswered", "4ef7d4612ab84354b75a0672d56ae53a", .info, "peer count",
            "Reads on this node wait for the leader's word, which did not come in time; it is asked again.")
    }

    // MARK: Formation and membership

    @inlinable public static var configurationAdopted: EventKind {
        EventKind(
            "raft.configuration.adopted", "cf2914bc431b4b009aec8b0972d5a17c", .info, "index term",
            "A membership took effect on this node.")
    }

    @inlinable public static var clusterFormed: EventKind {
        EventKind(
            "raft.cluster.formed", "54e639a6cffe4cc68f3c0b0972ecec5d", .notice, "identity",
            "The cluster was formed and has its identity.")
    }

    @inlinable public static var formationWaiting: EventKind {
        EventKind(
            "raft.formation.waiting", "06adaaffe5364d81a87b5ee066c38369", .notice, "reason",
            "The cluster is not formed yet: some of the members named have not answered; start them.")
    }

    @inlinable public static var formationRefused: EventKind {
        EventKind(
            "raft.formation.refused", "8da80b71334e47e987a568243e59149d", .error, "reason",
            "The cluster was not formed; the reason says which member stands against it.")
    }

    @inlinable public static var configurationCommitted: EventKind {
        EventKind(
            "raft.configuration.committed", "809c1a81c9294854a30d8ffaaf180035", .notice, "index term",
            "A membership is committed: it will not be undone, and another change may begin.")
    }

    @inlinable public static var learnerReady: EventKind {
        EventKind(
            "raft.learner.ready", "8381a48f2257436fa1accf412452337c", .info, "peer count",
            "A learner keeps up with the log and may become a voter.")
    }

    @inlinable public static var memberReturned: EventKind {
        EventKind(
            "raft.member.returned", "62e80468685147c1a35bebb148ccc113", .warning, "peer",
            "A member lost its data and is taken in again as a learner; promote it when its disk can be trusted.")
    }

    @inlinable public static var changeFailed: EventKind {
        EventKind(
            "raft.change.failed", "04d0b16aeece482eb5a08494d1441104", .warning, "reason",
            "A change of membership was refused or not completed; the reason says why and what becomes of it.")
    }

    @inlinable public static var transferStarted: EventKind {
        EventKind(
            "raft.transfer.started", "78e46b4cad7142c08ca68ac746d21d64", .notice, "peer",
            "The leader hands leadership to another node; proposals are held off for a moment.")
    }

    @inlinable public static var transferEnded: EventKind {
        EventKind(
            "raft.transfer.ended", "4b2b9127e9f747a68b12afb544d72c8b", .notice, "peer",
            "A transfer of leadership ended; a reason says why it failed.")
    }

    @inlinable public static var transferFailed: EventKind {
        EventKind(
            "raft.transfer.failed", "5d9948a45b284c298353e5c92b295dff", .warning, "reason",
            "Leadership was not handed over; the reason says why, and the leader leads on where it can.")
    }

    @inlinable public static var nodeRemoved: EventKind {
        EventKind(
            "raft.node.removed", "f77a7e09cb154e50a9f801357775f900", .notice, "index",
            "This node was removed from the cluster and takes no further part; stop it, or add it again.")
    }

    @inlinable public static var departureUnheard: EventKind {
        EventKind(
            "raft.departure.unheard", "db620ab54dd44c3590cd9c4b2af0de26", .warning, "peer",
            "A removed node could not be told so; it does no harm, but should be stopped.")
    }

    // MARK: Snapshots

    @inlinable public static var snapshotTaken: EventKind {
        EventKind(
            "raft.snapshot.taken", "ef9ba1a2eefd4fbc8b5c5f43a9cafa6e", .info, "index term bytes",
            "This node wrote a snapshot of its machine and cut its log behind it.")
    }

    @inlinable public static var snapshotFailed: EventKind {
        EventKind(
            "raft.snapshot.failed", "1f9a38a960974785aae08cb188f05608", .warning, "reason",
            "A snapshot was not taken, or not received; the reason says why. The node works on, and it is tried again.")
    }

    @inlinable public static var snapshotOffered: EventKind {
        EventKind(
            "raft.snapshot.offered", "c5c2456809d14d3ea1a139b6c58d2e24", .info, "peer index bytes",
            "A peer needs entries that are compacted, so the leader sends it a snapshot.")
    }

    @inlinable public static var snapshotDelivered: EventKind {
        EventKind(
            "raft.snapshot.delivered", "ab85f53b325d49fab81049ced082318e", .info, "peer index bytes",
            "A peer has installed the snapshot that the leader sent and follows the log again.")
    }

    @inlinable public static var snapshotReceived: EventKind {
        EventKind(
            "raft.snapshot.received", "68a8cad318384cdca535905f5a4b0477", .notice, "index bytes",
            "The leader's snapshot is here, complete and verified; it takes the place of this node's log.")
    }

    @inlinable public static var snapshotInstalled: EventKind {
        EventKind(
            "raft.snapshot.installed", "ed12b757bbed49c6b1887f28a941955f", .notice, "index bytes",
            "This node's machine has the state of the leader's snapshot.")
    }

    // MARK: Peers and their connections

    @inlinable public static var peerConnected: EventKind {
        EventKind(
            "raft.peer.connected", "59f3b4d54fd8468a944830927ca20c93", .info, "peer address",
            "A connection to a peer is up and its handshake was accepted.")
    }

    @inlinable public static var peerDisconnected: EventKind {
        EventKind(
            "raft.peer.disconnected", "9dbf4596f90f447eb7829b46c621bbb2", .info, "peer address reason",
            "The connection to a peer ended; it is tried again with growing pauses.")
    }

    @inlinable public static var peerRefused: EventKind {
        EventKind(
            "raft.peer.refused", "863a93b6b9b246e69a77117cda39cdf3", .warning, "peer address reason",
            "A peer was turned away: it is of another cluster, no member, or a former incarnation.")
    }

    @inlinable public static var peerSuspect: EventKind {
        EventKind(
            "raft.peer.suspect", "db09f68d83ec4ab9b24463cdf950353c", .error, "peer index",
            "A peer is connected but does not answer in time; its disk or its process may hang.")
    }

    @inlinable public static var peerFull: EventKind {
        EventKind(
            "raft.peer.full", "33d235a9aead83ba20aa79ad300e5ca3", .warning, "peer",
            "A peer says that its disk is full; it gets no entries, and leadership is not handed to it.")
    }

    @inlinable public static var peerRoom: EventKind {
        EventKind(
            "raft.peer.room", "a342488c1c313593ee681f08e7ad533f", .info, "peer",
            "The disk of a peer has room again, and it gets entries.")
    }

    @inlinable public static var handshakeFailed: EventKind {
        EventKind(
            "raft.handshake.failed", "7497dab11bd0449088b063df0e790238", .warning, "reason",
            "A connection was closed because its handshake was wrong; something else may be using the address.")
    }

    @inlinable public static var frameRefused: EventKind {
        EventKind(
            "raft.frame.refused", "6a91d71062964effb3b1b44239f7ad72", .warning, "peer address reason",
            "A connection was closed because a frame on it was damaged or too large.")
    }

    @inlinable public static var peerAmnesiac: EventKind {
        EventKind(
            "raft.peer.amnesiac", "5b4df5a57028511869d1fbaf68a4398c", .error, "reason",
            "A peer has less than it had when it was seen before: its data was rolled back or copied; it is not listened to."
        )
    }

    // MARK: The log

    @inlinable public static var conflictRepaired: EventKind {
        EventKind(
            "raft.conflict.repaired", "ce0fe2db05f94e6da21bc8096f3349ff", .debug, "peer index",
            "A follower's log differed from the leader's and was made the same again.")
    }

    @inlinable public static var entriesTruncated: EventKind {
        EventKind(
            "raft.entries.truncated", "11f448b11f18456f92247b2941821f21", .notice, "index count",
            "Entries that were never committed were removed in favour of the leader's.")
    }

    @inlinable public static var proposalsLost: EventKind {
        EventKind(
            "raft.proposals.lost", "4df61a01ba194c18834e284f635b1ace", .notice, "count index",
            "Proposals ended without a known outcome because the leadership moved.")
    }

    @inlinable public static var logDamaged: EventKind {
        EventKind(
            "raft.log.damaged", "b72baa958cdb4abc80133a5e5aa08df1", .error, "index",
            "Entries on this disk are not what was written; they come back from the leader, but look at the disk.")
    }

    @inlinable public static var logRepaired: EventKind {
        EventKind(
            "raft.log.repaired", "cc2d71b77b4e4a43b8860d55f9e82fcf", .notice, "index",
            "Damaged entries were replaced by the leader's; the log is whole again.")
    }

    @inlinable public static var peerDamaged: EventKind {
        EventKind(
            "raft.peer.damaged", "4b410831868d493caffc29877f1c93bc", .warning, "peer index",
            "A peer found damage in its log and gets those entries again; look at its disk.")
    }

    // MARK: Safety

    @inlinable public static var protocolViolation: EventKind {
        EventKind(
            "raft.protocol.violation", "23aa61e7b319474f835af14b3140d995", .error, "reason",
            "A peer sent what the protocol rules out; it was not acted upon. Report this with the record.")
    }

    @inlinable public static var messageIgnored: EventKind {
        EventKind(
            "raft.message.ignored", "95e625e4dda74c70ac19a8d791835199", .debug, "peer reason",
            "A message was not acted upon: it is of another group, or of a member that is none any more.")
    }

    @inlinable public static var messageRefused: EventKind {
        EventKind(
            "raft.message.refused", "da15e8a4ea794cb48fd216259fe95d02", .error, "peer bytes",
            "A message to a peer is larger than the transport allows and was dropped; lower the size of batches.")
    }

    @inlinable public static var nodeFenced: EventKind {
        EventKind(
            "raft.node.fenced", "65973a8c84df47d193a17deea0bc9082", .critical, "reason",
            "This node stopped taking part to keep the group safe; the reason says what to do.")
    }

    @inlinable public static var nodeAmnesiac: EventKind {
        EventKind(
            "raft.node.amnesiac", "fa727f9f1f4dc3d307318a2e09d3d3a8", .error, "reason",
            "This node's data is gone, older than it was, or a copy; put the right data back or replace the member.")
    }

    // MARK: Storage

    @inlinable public static var storageOpened: EventKind {
        EventKind(
            "raft.storage.opened", "7ec7dd30b0e54e378f577da2024213de", .info, "path count",
            "The data directory was opened.")
    }

    @inlinable public static var storageRecovered: EventKind {
        EventKind(
            "raft.storage.recovered", "394a0e27df564ed58d0d126fad40d881", .info, "term index group path",
            "The log and the hard state were read back and verified.")
    }

    @inlinable public static var storageFailed: EventKind {
        EventKind(
            "raft.storage.failed", "791a43e3227c4fbd96a2458c492be24d", .critical, "path reason",
            "The storage failed and was closed; check the disk, then restart the node.")
    }

    @inlinable public static var diskStalled: EventKind {
        EventKind(
            "raft.disk.stalled", "bd2badfaaaea400099d9385285513e46", .error, "reason",
            "The leader's disk did not finish a write in time, so another node is to lead; check the device.")
    }

    @inlinable public static var diskFull: EventKind {
        EventKind(
            "raft.disk.full", "5c9a82d47d7c3d3b7e2915071a57f9f2", .error, "reason",
            "The disk has no room for entries; reads and votes go on. Free space: the node then goes on by itself.")
    }

    @inlinable public static var diskRoom: EventKind {
        EventKind(
            "raft.disk.room", "c4c6c28291a6de45e5d3a75f4a044a16", .notice, "",
            "The disk has room again, and the node takes entries.")
    }

    @inlinable public static var storageRepaired: EventKind {
        EventKind(
            "raft.storage.repaired", "465bedbe66ed4e09b1d017464283fa0a", .notice, "path",
            "Damage in the storage was mended from the other members.")
    }

    @inlinable public static var mapGrown: EventKind {
        EventKind(
            "raft.map.grown", "c1ad79f8113d4522ab9ad40bcde146a8", .info, "path bytes",
            "The storage's memory map was enlarged.")
    }

    @inlinable public static var markMissing: EventKind {
        EventKind(
            "raft.mark.missing", "851e16b0cfd180cf55fd8a5b64b70ed0", .warning, "path reason",
            "The mark that shows whether the data is complete was missing or damaged; it was made anew.")
    }

    // MARK: Clients

    @inlinable public static var listenerStarted: EventKind {
        EventKind(
            "raft.listener.started", "26af16e86f8b4c3982fcd1244a89cd09", .info, "address",
            "The node accepts connections at an address.")
    }

    @inlinable public static var clientConnected: EventKind {
        EventKind(
            "raft.client.connected", "b8df0eeb45a841cbb89bca4930d732fc", .debug, "address",
            "A client connected.")
    }

    @inlinable public static var clientRefused: EventKind {
        EventKind(
            "raft.client.refused", "e0abe526b1d943ae825a3cb91689754a", .notice, "address reason count",
            "A client was turned away; the reason says why.")
    }

    @inlinable public static var sessionOpened: EventKind {
        EventKind(
            "raft.session.opened", "5ad5d9a4f2e84d0fb2be7b9d1bd0c1b7", .debug, "index",
            "A client session was opened in the log.")
    }

    @inlinable public static var sessionExpired: EventKind {
        EventKind(
            "raft.session.expired", "0f5f0c1b1f0b4d1f9f1e6d2c8f8b7a43", .info, "count index",
            "Client sessions expired, unused or to make room; their clients must open others. The count says how many.")
    }

    // MARK: The node

    @inlinable public static var nodeStarted: EventKind {
        EventKind(
            "raft.node.started", "5d2535a372584ed4877f5b2ed8e305c5", .notice, "",
            "The node is up.")
    }

    @inlinable public static var nodeStopping: EventKind {
        EventKind(
            "raft.node.stopping", "1396cbb5cdca49ed83e3f7f60ac2c1a5", .notice, "",
            "The node is shutting down.")
    }

    @inlinable public static var nodeStopped: EventKind {
        EventKind(
            "raft.node.stopped", "dceafc480b4f4de58b06b2260db6c0d9", .notice, "",
            "The node has shut down.")
    }

    @inlinable public static var configurationIgnored: EventKind {
        EventKind(
            "raft.configuration.ignored", "b95a15d12e3a42278b3a7f651b44ed96", .warning, "peer reason",
            "A setting has no effect; the reason says why.")
    }

    @inlinable public static var configurationHint: EventKind {
        EventKind(
            "raft.configuration.hint", "218d5f97d40a44ef9b55a5c62a73926f", .notice, "reason",
            "The configuration is allowed and may not be what was meant.")
    }

    @inlinable public static var levelChanged: EventKind {
        EventKind(
            "raft.level.changed", "20c376d753e04b57abfd5c2e5ada3853", .notice, "level module",
            "The level of trace records was changed while the node runs.")
    }

    @inlinable public static var recordsDropped: EventKind {
        EventKind(
            "raft.records.dropped", "c5efe699b5af4a558dc9e9570597b577", .warning, "count",
            "Trace records were dropped because their sink was full or stood still; the count says how many.")
    }

    // MARK: Every step of the protocol

    @inlinable public static var messageSent: EventKind {
        EventKind(
            "raft.message.sent", "37c6d777e7be4609868729272d5d732d", .trace, "message peer term index count",
            "This node sent a message to a peer.")
    }

    @inlinable public static var messageReceived: EventKind {
        EventKind(
            "raft.message.received", "469550f417c448eebb92ed9040a21bba", .trace, "message peer term index count",
            "This node takes in a message of a peer.")
    }

    @inlinable public static var proposalsAppended: EventKind {
        EventKind(
            "raft.proposals.appended", "8c82f4d26cb94006a5f352a6d663c5da", .trace, "index count",
            "The leader appended proposals to its log.")
    }

    @inlinable public static var entriesFlushed: EventKind {
        EventKind(
            "raft.entries.flushed", "7a587e5e4eaa41a49fc0be8c402c7927", .trace, "index count",
            "Writes are durable: the log on disk reaches to the index.")
    }

    @inlinable public static var commitAdvanced: EventKind {
        EventKind(
            "raft.commit.advanced", "d9b208ae971448388646848b81a20c18", .trace, "index term",
            "This node learned that the log is committed to the index.")
    }

    @inlinable public static var entriesApplied: EventKind {
        EventKind(
            "raft.entries.applied", "1bac7c6f613e40ae8d818e91fe6f07c6", .trace, "index",
            "The machine has applied the log to the index.")
    }

    @inlinable public static var progressChanged: EventKind {
        EventKind(
            "raft.progress.changed", "3dbf878e427f4ebfbde000f72b8234c9", .debug, "peer state index",
            "The leader sends entries to a peer in another way.")
    }

    @inlinable public static var requestEnded: EventKind {
        EventKind(
            "raft.request.ended", "3b1d3f0f5c0e4b6b8f5b0c7a9d7e2a41", .trace, "message outcome index",
            "A request of a client was answered.")
    }

    @inlinable public static var leaseChanged: EventKind {
        EventKind(
            "raft.lease.changed", "8e5f2bb0a4be4c7f9b6f6e0c92b2f0d3", .debug, "term state",
            "This leader's lease began or ran out; without one its lease reads ask a quorum.")
    }

    /// Every kind above, for journal catalogues and documentation.
    public static let all: [EventKind] = [
        .roleChanged, .termChanged, .leaderKnown, .voteGranted, .voteRefused, .electionStarted, .leaderElected,
        .leaderLost, .quorumLost, .votesWithheld, .leaseEnded, .readsUnanswered, .configurationAdopted,
        .clusterFormed, .formationWaiting, .formationRefused, .configurationCommitted, .learnerReady, .memberReturned,
        .changeFailed, .transferStarted, .transferEnded, .transferFailed, .nodeRemoved, .departureUnheard,
        .snapshotTaken, .snapshotFailed, .snapshotOffered, .snapshotDelivered, .snapshotReceived, .snapshotInstalled,
        .peerConnected, .peerDisconnected, .peerRefused, .peerSuspect, .peerFull, .peerRoom, .handshakeFailed,
        .frameRefused, .peerAmnesiac, .conflictRepaired, .entriesTruncated, .proposalsLost, .logDamaged, .logRepaired,
        .peerDamaged, .protocolViolation, .messageIgnored, .messageRefused, .nodeFenced, .nodeAmnesiac,
        .storageOpened, .storageRecovered, .storageFailed, .diskStalled, .diskFull, .diskRoom, .storageRepaired,
        .mapGrown, .markMissing, .listenerStarted, .clientConnected, .clientRefused, .sessionOpened, .sessionExpired,
        .nodeStarted, .nodeStopping, .nodeStopped, .configurationIgnored, .configurationHint, .levelChanged,
        .recordsDropped, .messageSent, .messageReceived, .proposalsAppended, .entriesFlushed, .commitAdvanced,
        .entriesApplied, .progressChanged, .requestEnded, .leaseChanged,
    ]
}
