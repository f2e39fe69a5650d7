package import RaftMembership

/// An order to the driver. Orders are carried out in the order given; what has to wait for the disk is not ordered
/// before the disk has answered, so nothing here needs holding back.
package enum Effect: Sendable {
    /// Write this; answer `persisted` once it is durable. Writes are made durable in the order given.
    case persist(StorageBatch, WriteID)
    case send(Message, to: Member)
    /// Ask storage whether it has room for so many bytes of entries; answer `diskProbed`.
    case probeDisk(bytes: Int)
    /// Fetch entries from storage for a peer that fell behind the cache; answer `entriesRead`.
    case readEntries(from: LogIndex, through: LogIndex, for: NodeID, stream: UInt32)
    /// Have the machine's state of this moment, when all that was ordered to be applied is, written as the body of this
    /// snapshot, whose size and checksum follow from it; answer `snapshotTaken`.
    indirect case takeSnapshot(UInt64, Snapshot)
    /// Keep this body readable, for a peer will want it, though a newer one may take its place.
    indirect case openSnapshot(Snapshot)
    /// Fetch a piece of a body for a peer; answer `snapshotRead`.
    indirect case readSnapshot(Snapshot, offset: UInt64, count: Int, for: NodeID, stream: UInt32)
    /// Write a piece of a body that the leader sends; verify it when it is complete; answer `snapshotReceived`.
    indirect case receiveSnapshot(Snapshot, offset: UInt64, [UInt8])
    /// What was received of a body is not needed any more.
    case dropReceived
    /// Put the state of this snapshot in the place of the machine's, before anything that is ordered later; answer
    /// `applied`.
    indirect case restore(Snapshot)
    indirect case snapshotEnded(CallID, SnapshotOutcome)
    /// Hand entries up to this index to the machine; answer `applied`.
    case apply(through: LogIndex)
    /// The first `count` of the commands proposed in this step were appended from `first` on, in this term.
    case accepted(first: LogIndex, term: Term, count: Int)
    /// The remaining `count` commands proposed in this step were not appended.
    case rejected(count: Int, Rejection)
    /// Proposals appended after this index have lost their entry: their outcome is unknown (rule W2).
    case abandon(after: LogIndex)
    /// Everything ordered to be applied so far holds what this read must see; what that rests on may have to be looked at
    /// again when it was executed.
    case readReady(ReadID, ReadProof)
    case readFailed(ReadID, Rejection)
    /// The effective configuration changed: peers, and their addresses.
    case membershipChanged
    /// The node joined a cluster, durably.
    case identityChanged
    /// The call to form a cluster made progress or ended.
    case formation(FormationProgress)
    case changeEnded(CallID, ChangeOutcome)
    case transferEnded(CallID, TransferOutcome)
    /// The node may take no further part; why.
    case fence(String)
    case trace(EngineEvent)
}

/// Why a proposal was not appended, or a read not served.
package enum Rejection: Hashable, Sendable {
    case notLeader(Member?)
    case notFormed
    case overloaded
    case fenced
    /// Entries would find no room on the disks of these members (rule D4).
    case diskFull([NodeID])
    /// Leadership is being handed to this member: ask it in a moment.
    case transferring(Member)
    /// This server no longer belongs to the cluster.
    case removed
    /// This server is a witness and has no state (rule X3).
    case witness
    /// A follower's read: the leader did not confirm it in time, or this server is too far behind.
    case unconfirmed
    /// What this server has was last known to be current so many nanoseconds ago; nil when it never was since its start.
    case tooStale(age: UInt64?)
}

package enum FormationProgress: Hashable, Sendable {
    /// These have not answered yet.
    case waiting(for: [NodeID])
    /// This call asks for something impossible; others may go on. One line says why.
    case refusedCall(String)
    /// Never with these members; one line says why.
    case refused(String)
    case formed(ClusterID)
}

/// Effects of a step, in order. The driver swaps it out before it executes them and keeps its room for the next step.
package struct Effects: Sendable {
    package private(set) var list: [Effect] = []

    package init() {}

    package mutating func append(_ effect: Effect) { list.append(effect) }
    package mutating func removeAll() { list.removeAll(keepingCapacity: true) }
    package var isEmpty: Bool { list.isEmpty }
}

/// What the engine has to tell about itself; the driver turns it into trace events.
package enum EngineEvent: Hashable, Sendable {
    case roleChanged(EngineRole, Term)
    case leaderChanged(Member?, Term)
    case electionStarted(Term, isPreVote: Bool)
    case voteGranted(Member, Term)
    case voteRefused(Member, Term, isPreVote: Bool)
    case quorumLost(Term)
    case conflict(NodeID, LogIndex)
    case truncated(after: LogIndex, lost: Int)
    case peerSuspect(NodeID, LogIndex)
    case logDamaged(DamagedTail)
    case logRepaired(LogIndex)
    case peerDamaged(NodeID, LogIndex)
    case configurationAdopted(LogID, Membership)
    case configurationCommitted(LogID, Membership)
    case learnerCaughtUp(Member, rounds: Int)
    case memberReturned(Member)
    case changeEnded(ChangeOutcome)
    case transferStarted(Member)
    case transferEnded(TransferOutcome)
    case removed(by: LogID)
    case snapshotTaken(SnapshotID, purged: LogIndex)
    case snapshotFailed(String)
    case snapshotOffered(NodeID, SnapshotID)
    case snapshotDelivered(NodeID, SnapshotID)
    case snapshotInstalling(SnapshotID)
    case snapshotInstalled(SnapshotID)
    case diskStalled(milliseconds: UInt64)
    case diskFilled(String)
    case diskHasRoom
    case peerRoomChanged(NodeID, lacksRoom: Bool)
    case departureGivenUp(NodeID)
    case clusterFormed(ClusterID)
    case clusterAdopted(ClusterID)
    case formationWaiting([NodeID])
    case formationRefused(String)
    case votesWithheld(milliseconds: UInt64)
    case leaseEnded(Term)
    case readsUnanswered(Member, count: Int)
    case protocolViolation(String)
}
