/// The kinds of event that this package records. The sentence in each is what it means to an operator.
///
/// An id, once released, keeps its meaning: journal catalogues, alert rules and scripts refer to it. A kind is computed
/// and not stored, so that naming one in a call that is switched off costs nothing.
extension EventKind {
    // MARK: Roles and elections

    @inlinable public static var roleChanged: EventKind {
        EventKind(
            "raft.role.changed", "a3db6c32a80a4149adb1e2f17306167f",
            "This node took another role in its group.")
    }

    @inlinable public static var termChanged: EventKind {
        EventKind(
            "raft.term.changed", "c1ba3933a346437f8a1c10bdbd9fc0f1",
            "This node entered a later term.")
    }

    @inlinable public static var voteGranted: EventKind {
        EventKind(
            "raft.vote.granted", "9c4304628f2e46388ee25c10a84f861b",
            "This node gave its vote of the term to a candidate.")
    }

    @inlinable public static var voteRefused: EventKind {
        EventKind(
            "raft.vote.refused", "85b725dba4f54c3396fc732e0cfbe57d",
            "This node refused its vote to a candidate; the reason says why.")
    }

    @inlinable public static var electionStarted: EventKind {
        EventKind(
            "raft.election.started", "eea734061ee840378a74d29f9418999f",
            "This node heard from no leader for its election time-out and asks for votes.")
    }

    @inlinable public static var leaderElected: EventKind {
        EventKind(
            "raft.leader.elected", "fe231fb5abfc4434a7d7c1a2f7459fff",
            "A leader was elected; the group takes writes again.")
    }

    @inlinable public static var leaderLost: EventKind {
        EventKind(
            "raft.leader.lost", "3d9ab70ef16b4710b405e5bbd4b0ffb7",
            "The leader is no longer heard from; writes wait for the next election.")
    }

    @inlinable public static var quorumLost: EventKind {
        EventKind(
            "raft.quorum.lost", "dc0984229f84425eab65c9b62851d59a",
            "The leader no longer reaches a quorum and steps down; check the peers and the network between them.")
    }

    @inlinable public static var votesWithheld: EventKind {
        EventKind(
            "raft.votes.withheld", "c79ef958c8f846918ae07ff0bad7f9c6",
            "This node was restarted and may have promised a leader its vote; it votes again in a moment.")
    }

    @inlinable public static var leaseEnded: EventKind {
        EventKind(
            "raft.lease.ended", "1e89ec78a67b442aaab0ecbd13e5952b",
            "This leader hands over; its lease reads ask a quorum for the rest of its term.")
    }

    @inlinable public static var readsUnanswered: EventKind {
        EventKind(
            "raft.reads.unanswered", "4ef7d4612ab84354b75a0672d56ae53a",
            "Reads on this node wait for the leader's word, which did not come in time; it is asked again.")
    }

    // MARK: Formation and membership

    @inlinable public static var configurationAdopted: EventKind {
        EventKind(
            "raft.configuration.adopted", "cf2914bc431b4b009aec8b0972d5a17c",
            "A membership took effect on this node.")
    }

    @inlinable public static var clusterFormed: EventKind {
        EventKind(
            "raft.cluster.formed", "54e639a6cffe4cc68f3c0b0972ecec5d",
            "The cluster was formed and has its identity.")
    }

    @inlinable public static var formationWaiting: EventKind {
        EventKind(
            "raft.formation.waiting", "06adaaffe5364d81a87b5ee066c38369",
            "The cluster is not formed yet: some of the members named have not answered; start them.")
    }

    @inlinable public static var formationRefused: EventKind {
        EventKind(
            "raft.formation.refused", "8da80b71334e47e987a568243e59149d",
            "The cluster was not formed; the reason says which member stands against it.")
    }

    @inlinable public static var configurationCommitted: EventKind {
        EventKind(
            "raft.configuration.committed", "809c1a81c9294854a30d8ffaaf180035",
            "A membership is committed: it will not be undone, and another change may begin.")
    }

    @inlinable public static var learnerReady: EventKind {
        EventKind(
            "raft.learner.ready", "8381a48f2257436fa1accf412452337c",
            "A learner keeps up with the log and may become a voter.")
    }

    @inlinable public static var memberReturned: EventKind {
        EventKind(
            "raft.member.returned", "62e80468685147c1a35bebb148ccc113",
            "A member lost its data and is taken in again as a learner; promote it when its disk can be trusted.")
    }

    @inlinable public static var changeFailed: EventKind {
        EventKind(
            "raft.change.failed", "04d0b16aeece482eb5a08494d1441104",
            "A change of membership was refused or not completed; the reason says why and what becomes of it.")
    }

    @inlinable public static var transferStarted: EventKind {
        EventKind(
            "raft.transfer.started", "78e46b4cad7142c08ca68ac746d21d64",
            "The leader hands leadership to another node; proposals are held off for a moment.")
    }

    @inlinable public static var transferEnded: EventKind {
        EventKind(
            "raft.transfer.ended", "4b2b9127e9f747a68b12afb544d72c8b",
            "A transfer of leadership ended; a reason says why it failed.")
    }

    @inlinable public static var nodeRemoved: EventKind {
        EventKind(
            "raft.node.removed", "f77a7e09cb154e50a9f801357775f900",
            "This node was removed from the cluster and takes no further part; stop it, or add it again.")
    }

    @inlinable public static var departureUnheard: EventKind {
        EventKind(
            "raft.departure.unheard", "db620ab54dd44c3590cd9c4b2af0de26",
            "A removed node could not be told so; it does no harm, but should be stopped.")
    }

    // MARK: Snapshots

    @inlinable public static var snapshotTaken: EventKind {
        EventKind(
            "raft.snapshot.taken", "ef9ba1a2eefd4fbc8b5c5f43a9cafa6e",
            "This node wrote a snapshot of its machine and cut its log behind it.")
    }

    @inlinable public static var snapshotFailed: EventKind {
        EventKind(
            "raft.snapshot.failed", "1f9a38a960974785aae08cb188f05608",
            "A snapshot was not taken, or not received; the reason says why. The node works on, and it is tried again.")
    }

    @inlinable public static var snapshotOffered: EventKind {
        EventKind(
            "raft.snapshot.offered", "c5c2456809d14d3ea1a139b6c58d2e24",
            "A peer needs entries that are compacted, so the leader sends it a snapshot.")
    }

    @inlinable public static var snapshotDelivered: EventKind {
        EventKind(
            "raft.snapshot.delivered", "ab85f53b325d49fab81049ced082318e",
            "A peer has installed the snapshot that the leader sent and follows the log again.")
    }

    @inlinable public static var snapshotReceived: EventKind {
        EventKind(
            "raft.snapshot.received", "68a8cad318384cdca535905f5a4b0477",
            "The leader's snapshot is here, complete and verified; it takes the place of this node's log.")
    }

    @inlinable public static var snapshotInstalled: EventKind {
        EventKind(
            "raft.snapshot.installed", "ed12b757bbed49c6b1887f28a941955f",
            "This node's machine has the state of the leader's snapshot.")
    }

    // MARK: Peers and their connections

    @inlinable public static var peerConnected: EventKind {
        EventKind(
            "raft.peer.connected", "59f3b4d54fd8468a944830927ca20c93",
            "A connection to a peer is up and its handshake was accepted.")
    }

    @inlinable public static var peerDisconnected: EventKind {
        EventKind(
            "raft.peer.disconnected", "9dbf4596f90f447eb7829b46c621bbb2",
            "The connection to a peer ended; it is tried again with growing pauses.")
    }

    @inlinable public static var peerRefused: EventKind {
        EventKind(
            "raft.peer.refused", "863a93b6b9b246e69a77117cda39cdf3",
            "A peer was turned away: it is of another cluster, no member, or a former incarnation.")
    }

    @inlinable public static var peerSuspect: EventKind {
        EventKind(
            "raft.peer.suspect", "db09f68d83ec4ab9b24463cdf950353c",
            "A peer is connected but does not answer in time; its disk or its process may hang.")
    }

    @inlinable public static var peerFull: EventKind {
        EventKind(
            "raft.peer.full", "33d235a9aead83ba20aa79ad300e5ca3",
            "A peer says that its disk is full; it gets no entries, and leadership is not handed to it.")
    }

    @inlinable public static var peerRoom: EventKind {
        EventKind(
            "raft.peer.room", "a342488c1c313593ee681f08e7ad533f",
            "The disk of a peer has room again, and it gets entries.")
    }

    @inlinable public static var handshakeFailed: EventKind {
        EventKind(
            "raft.handshake.failed", "7497dab11bd0449088b063df0e790238",
            "A connection was closed because its handshake was wrong; something else may be using the address.")
    }

    @inlinable public static var frameRefused: EventKind {
        EventKind(
            "raft.frame.refused", "6a91d71062964effb3b1b44239f7ad72",
            "A connection was closed because a frame on it was damaged or too large.")
    }

    @inlinable public static var peerAmnesiac: EventKind {
        EventKind(
            "raft.peer.amnesiac", "5b4df5a57028511869d1fbaf68a4398c",
            "A peer has less than it had when it was seen before: its data was rolled back or copied; it is not listened to."
        )
    }

    // MARK: The log

    @inlinable public static var conflictRepaired: EventKind {
        EventKind(
            "raft.conflict.repaired", "ce0fe2db05f94e6da21bc8096f3349ff",
            "A follower's log differed from the leader's and was made the same again.")
    }

    @inlinable public static var entriesTruncated: EventKind {
        EventKind(
            "raft.entries.truncated", "11f448b11f18456f92247b2941821f21",
            "Entries that were never committed were removed in favour of the leader's.")
    }

    @inlinable public static var proposalsLost: EventKind {
        EventKind(
            "raft.proposals.lost", "4df61a01ba194c18834e284f635b1ace",
            "Proposals ended without a known outcome because the leadership moved.")
    }

    @inlinable public static var logDamaged: EventKind {
        EventKind(
            "raft.log.damaged", "b72baa958cdb4abc80133a5e5aa08df1",
            "Entries on this disk are not what was written; they come back from the leader, but look at the disk.")
    }

    @inlinable public static var logRepaired: EventKind {
        EventKind(
            "raft.log.repaired", "cc2d71b77b4e4a43b8860d55f9e82fcf",
            "Damaged entries were replaced by the leader's; the log is whole again.")
    }

    @inlinable public static var peerDamaged: EventKind {
        EventKind(
            "raft.peer.damaged", "4b410831868d493caffc29877f1c93bc",
            "A peer found damage in its log and gets those entries again; look at its disk.")
    }

    // MARK: Safety

    @inlinable public static var protocolViolation: EventKind {
        EventKind(
            "raft.protocol.violation", "23aa61e7b319474f835af14b3140d995",
            "A peer sent what the protocol rules out; it was not acted upon. Report this with the record.")
    }

    @inlinable public static var nodeFenced: EventKind {
        EventKind(
            "raft.node.fenced", "65973a8c84df47d193a17deea0bc9082",
            "This node stopped taking part to keep the group safe; the reason says what to do.")
    }

    @inlinable public static var nodeAmnesiac: EventKind {
        EventKind(
            "raft.node.amnesiac", "fa727f9f1f4dc3d307318a2e09d3d3a8",
            "This node's data is gone, older than it was, or a copy; put the right data back or replace the member.")
    }

    // MARK: Storage

    @inlinable public static var storageOpened: EventKind {
        EventKind(
            "raft.storage.opened", "7ec7dd30b0e54e378f577da2024213de",
            "The data directory was opened.")
    }

    @inlinable public static var storageRecovered: EventKind {
        EventKind(
            "raft.storage.recovered", "394a0e27df564ed58d0d126fad40d881",
            "The log and the hard state were read back and verified.")
    }

    @inlinable public static var storageFailed: EventKind {
        EventKind(
            "raft.storage.failed", "791a43e3227c4fbd96a2458c492be24d",
            "The storage failed and was closed; check the disk, then restart the node.")
    }

    @inlinable public static var diskStalled: EventKind {
        EventKind(
            "raft.disk.stalled", "bd2badfaaaea400099d9385285513e46",
            "The leader's disk did not finish a write in time, so another node is to lead; check the device.")
    }

    @inlinable public static var diskFull: EventKind {
        EventKind(
            "raft.disk.full", "5c9a82d47d7c3d3b7e2915071a57f9f2",
            "The disk has no room for entries; reads and votes go on. Free space: the node then goes on by itself.")
    }

    @inlinable public static var diskRoom: EventKind {
        EventKind(
            "raft.disk.room", "c4c6c28291a6de45e5d3a75f4a044a16",
            "The disk has room again, and the node takes entries.")
    }

    @inlinable public static var storageRepaired: EventKind {
        EventKind(
            "raft.storage.repaired", "465bedbe66ed4e09b1d017464283fa0a",
            "Damage in the storage was mended from the other members.")
    }

    @inlinable public static var mapGrown: EventKind {
        EventKind(
            "raft.map.grown", "c1ad79f8113d4522ab9ad40bcde146a8",
            "The storage's memory map was enlarged.")
    }

    @inlinable public static var markMissing: EventKind {
        EventKind(
            "raft.mark.missing", "851e16b0cfd180cf55fd8a5b64b70ed0",
            "The mark that shows whether the data is complete was missing or damaged; it was made anew.")
    }

    // MARK: Clients

    @inlinable public static var listenerStarted: EventKind {
        EventKind(
            "raft.listener.started", "26af16e86f8b4c3982fcd1244a89cd09",
            "The node accepts connections at an address.")
    }

    @inlinable public static var clientConnected: EventKind {
        EventKind(
            "raft.client.connected", "b8df0eeb45a841cbb89bca4930d732fc",
            "A client connected.")
    }

    @inlinable public static var clientRefused: EventKind {
        EventKind(
            "raft.client.refused", "e0abe526b1d943ae825a3cb91689754a",
            "A client was turned away; the reason says why.")
    }

    @inlinable public static var sessionOpened: EventKind {
        EventKind(
            "raft.session.opened", "5ad5d9a4f2e84d0fb2be7b9d1bd0c1b7",
            "A client session was opened in the log.")
    }

    @inlinable public static var sessionExpired: EventKind {
        EventKind(
            "raft.session.expired", "0f5f0c1b1f0b4d1f9f1e6d2c8f8b7a43",
            "Client sessions expired, unused or to make room; their clients must open others. The count says how many.")
    }

    // MARK: The node

    @inlinable public static var nodeStarted: EventKind {
        EventKind(
            "raft.node.started", "5d2535a372584ed4877f5b2ed8e305c5",
            "The node is up.")
    }

    @inlinable public static var nodeStopping: EventKind {
        EventKind(
            "raft.node.stopping", "1396cbb5cdca49ed83e3f7f60ac2c1a5",
            "The node is shutting down.")
    }

    @inlinable public static var nodeStopped: EventKind {
        EventKind(
            "raft.node.stopped", "dceafc480b4f4de58b06b2260db6c0d9",
            "The node has shut down.")
    }

    @inlinable public static var configurationIgnored: EventKind {
        EventKind(
            "raft.configuration.ignored", "b95a15d12e3a42278b3a7f651b44ed96",
            "A setting has no effect; the reason says why.")
    }

    @inlinable public static var recordsDropped: EventKind {
        EventKind(
            "raft.records.dropped", "c5efe699b5af4a558dc9e9570597b577",
            "Trace records were dropped because their sink was full or stood still; the count says how many.")
    }

    /// Every kind above, for journal catalogues and documentation.
    public static let all: [EventKind] = [
        .roleChanged, .termChanged, .voteGranted, .voteRefused, .electionStarted, .leaderElected, .leaderLost,
        .quorumLost, .votesWithheld, .leaseEnded, .readsUnanswered, .configurationAdopted, .clusterFormed,
        .formationWaiting, .formationRefused,
        .configurationCommitted, .learnerReady, .memberReturned, .changeFailed, .transferStarted, .transferEnded,
        .nodeRemoved,
        .departureUnheard, .snapshotTaken, .snapshotFailed, .snapshotOffered, .snapshotDelivered, .snapshotReceived,
        .snapshotInstalled, .peerConnected,
        .peerDisconnected, .peerRefused, .peerSuspect, .peerFull, .peerRoom, .handshakeFailed, .frameRefused,
        .peerAmnesiac,
        .conflictRepaired, .entriesTruncated, .proposalsLost, .logDamaged, .logRepaired, .peerDamaged,
        .protocolViolation, .nodeFenced, .nodeAmnesiac,
        .storageOpened, .storageRecovered, .storageFailed, .diskStalled, .diskFull, .diskRoom, .storageRepaired,
        .mapGrown, .markMissing,
        .listenerStarted,
        .clientConnected, .clientRefused, .sessionOpened, .sessionExpired, .nodeStarted, .nodeStopping, .nodeStopped,
        .configurationIgnored,
        .recordsDropped,
    ]
}
