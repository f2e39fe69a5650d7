/// What an exploration must have come by to be worth its time. Counted over distinct states.
package enum ModelLandmark: Int, CaseIterable, Sendable {
    // In a state.
    /// Leaders of two terms, one after the other or side by side.
    case twoElections
    /// Two servers lead at once, in different terms.
    case twoLeaders
    /// Two logs have different entries at one index.
    case conflictingSuffix
    /// More is committed than at the root.
    case commit
    /// An entry of a term before the committing leader's own is committed with it.
    case commitOfEarlierTerm
    /// What was committed since the root is on the disks of one full member and a witness, and nowhere else.
    case witnessCommit
    // On the way into a state.
    case election
    /// A follower cut what conflicted, and its log agrees with its leader's now.
    case repair
    case stepDown
    case crash
    /// A crash lost a write, or part of what was under way.
    case lostWrite
    /// A later write was told to be durable before an earlier one.
    case outOfOrderCompletion
    case duplicateDelivery
    case loss
    case refusedVote
    case proposal
    /// Proposals ended as unknown.
    case abandoned
    case readAnswered
    case readFailed
    case amnesia
    /// A leader took a server for amnesiac.
    case suspect
    case unknownKind
    case emptyRequest
    case jointEntered
    case jointLeft
    case removed
    /// A follower campaigned without a pre-vote, because its leader had asked for it.
    case transfer
    /// A leader takes a server for a witness whose data is a full member's, or the other way round.
    case otherCopy
    /// A server took a snapshot, and named it.
    case snapshotTaken
    /// A server has the state of its leader's snapshot.
    case snapshotInstalled
    /// A crash while a snapshot was installed: its body incomplete or not named yet, or not in the machine.
    case installCrash

    package var name: String { "\(self)" }
}

/// A set of landmarks.
struct ModelLandmarks: OptionSet, Sendable {
    let rawValue: UInt32
    init(rawValue: UInt32) { self.rawValue = rawValue }
    init(_ landmark: ModelLandmark) { rawValue = 1 << UInt32(landmark.rawValue) }
}
