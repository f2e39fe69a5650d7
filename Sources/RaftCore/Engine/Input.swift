package import RaftMembership

/// Names a write to storage, so that its completion marks durable exactly what it wrote (rule L9).
package struct WriteID: RawRepresentable, Hashable, Comparable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
    package static func < (lhs: WriteID, rhs: WriteID) -> Bool { lhs.rawValue < rhs.rawValue }
}

/// Names a read that waits for its confirmation (§8, D§6.4).
package struct ReadID: RawRepresentable, Hashable, Sendable {
    package var rawValue: UInt64
    package init(rawValue: UInt64) { self.rawValue = rawValue }
}

/// A server named in a call to form a cluster (rule M9).
package struct FormationMember: Hashable, Sendable {
    package var id: NodeID
    package var addresses: [String]

    package init(id: NodeID, addresses: [String]) {
        self.id = id
        self.addresses = addresses
    }
}

/// What happened: the only way in which the engine learns of anything.
package enum Input: Sendable {
    /// The first input after recovery.
    case started
    case received(Envelope)
    /// Clients proposed these commands, in this order.
    case proposed([[UInt8]])
    /// The same, some of them of client sessions.
    case entriesProposed([EntryDraft])
    /// The write is durable.
    case persisted(WriteID)
    /// Storage had no room for these writes, whose entries it does not have; why (rule D4).
    case writesRefused([WriteID], String)
    /// Storage answered `Effect.probeDisk`.
    case diskProbed(hasRoom: Bool)
    /// The machine has applied everything up to here.
    case applied(through: LogIndex)
    /// Storage answered `Effect.readEntries`; empty when it could not.
    case entriesRead(EntryBatch, for: NodeID, stream: UInt32)
    /// The order of this number was carried out, or could not be.
    case snapshotTaken(UInt64, SnapshotResult)
    /// A piece of a snapshot's body; nil when it is not there any more.
    case snapshotRead([UInt8]?, offset: UInt64, for: NodeID, stream: UInt32)
    /// The body of a snapshot of this server's is not what was written, or cannot be read; why.
    case snapshotDamaged(SnapshotID, String)
    /// So many bytes of a body that the leader sends are written; all of them, and they are what they should be.
    case snapshotReceived(SnapshotID, written: UInt64, isWhole: Bool)
    /// It could not be written, or is not what it should be; why.
    case snapshotNotReceived(SnapshotID, String)
    /// Take a snapshot of all that is applied; cut the log behind it without a tail.
    case snapshotRequested(CallID, compacts: Bool)
    case readRequested(ReadID, ReadKind = .linearizable)
    /// Form a cluster of exactly these members (rule M9).
    case bootstrapRequested([FormationMember])
    case changeRequested(CallID, ChangeRequest)
    /// Hand leadership to this voter, or to the best one (D§3.10); give it up in any case if so asked.
    case transferRequested(CallID, to: NodeID?, givesUp: Bool)
    /// A connection to this member was proven.
    case connected(Member)
    case disconnected(NodeID)
    /// A message of a newer release arrived: fence (rule L13).
    case futureMessage(NodeID, String)
    /// The time returned by `nextDeadline` has come.
    case deadlineReached
}
