/// The kinds of event that this package records stand in the files beside this one, by what they are about. The sentence
/// in each is what it means to an operator.
///
/// An id, once released, keeps its meaning: journal catalogues, alert rules and scripts refer to it. A kind is computed
/// and not stored, so that naming one in a call that is switched off costs nothing.
extension EventKind {
    /// Every kind, for journal catalogues and documentation.
    public static let all: [EventKind] = [
        .roleChanged, .termChanged, .leaderKnown, .voteGranted, .voteRefused, .electionStarted, .leaderElected,
        .leaderLost, .quorumLost, .votesWithheld, .leaseEnded, .readsUnanswered, .leaseChanged, .configurationAdopted,
        .clusterFormed, .formationWaiting, .formationRefused, .configurationCommitted, .learnerReady, .memberReturned,
        .changeFailed, .transferStarted, .transferEnded, .transferFailed, .nodeRemoved, .departureUnheard,
        .snapshotTaken, .snapshotFailed, .snapshotOffered, .snapshotDelivered, .snapshotReceived, .snapshotInstalled,
        .peerConnected, .peerDisconnected, .peerRefused, .peerSuspect, .peerFull, .peerRoom, .handshakeFailed,
        .frameRefused, .peerAmnesiac, .conflictRepaired, .entriesTruncated, .proposalsLost, .logDamaged, .logRepaired,
        .peerDamaged, .protocolViolation, .messageIgnored, .messageRefused, .nodeFenced, .nodeAmnesiac, .nodeDisowned,
        .storageOpened, .storageRecovered, .storageFailed, .diskStalled, .diskFull, .diskRoom, .storageRepaired,
        .mapGrown, .markMissing, .listenerStarted, .clientConnected, .clientRefused, .sessionOpened, .sessionExpired,
        .nodeStarted, .nodeStopping, .nodeStopped, .configurationIgnored, .configurationHint, .levelChanged,
        .configurationReloaded, .configurationRefused, .watchdogWithheld, .watchdogResumed, .handoverFailed,
        .recordsDropped, .spanEnded, .messageSent, .messageReceived, .proposalsAppended, .entriesFlushed,
        .commitAdvanced,
        .entriesApplied, .progressChanged, .requestEnded,
    ]
}
