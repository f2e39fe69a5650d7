import RaftCore
import RaftMembership

/// A snapshot, and the log that it holds: no part of the engine sees that, and with it a log is the same one whether its
/// beginning was compacted or not.
final class ModelSnapshot: Sendable {
    let snapshot: Snapshot
    let log: LogHandle

    init(_ snapshot: Snapshot, of log: LogHandle) {
        self.snapshot = snapshot
        self.log = log
    }

    /// Bytes of every body. What they would be is in the checksum.
    static let size: UInt64 = 4
}

/// The snapshot that a disk names, and where its log begins (§7).
struct ModelBase: Sendable {
    let held: ModelSnapshot
    /// Entries up to here are gone.
    let purged: LogIndex

    /// The last entry that the snapshot holds.
    var index: LogIndex { held.snapshot.last.index }
}

/// What is done beside the log for snapshots, and may take any time.
enum ModelErrand: UInt8, CaseIterable, Sendable {
    /// A body is written, of the state that the machine had when it was asked for.
    case build
    /// The last piece of a body that the leader sent is written, and all of it read back.
    case receive
    /// The machine takes on a snapshot's state.
    case restore
}

/// What is under way of that. A crash ends it: a body counts for nothing before it is named.
struct ModelErrands: Sendable {
    var build: (order: UInt64, snapshot: ModelSnapshot)?
    var receiving: ModelSnapshot?
    /// One after the other, as the applier does.
    var restores: [ModelSnapshot] = []
    /// Who waits for a snapshot, and of what: the engine knows that too.
    var calls: [(id: CallID, through: LogIndex)] = []

    /// Whether it may be done next. The machine has the state to be written when it is restored.
    func isDue(_ errand: ModelErrand) -> Bool {
        switch errand {
        case .build: build != nil && restores.isEmpty
        case .receive: receiving != nil
        case .restore: !restores.isEmpty
        }
    }

    func feed(_ hasher: inout StableHasher, _ logs: LogTree) {
        for snapshot in [build?.snapshot, receiving] {
            hasher.combine(snapshot.map { logs.fingerprint(of: $0.log) } ?? 0)
            hasher.combine(snapshot?.snapshot.size ?? 0)
        }
        hasher.combine(restores.count)
        for snapshot in restores { hasher.combine(logs.fingerprint(of: snapshot.log)) }
    }
}

extension ModelBase {
    func feed(_ hasher: inout StableHasher, _ logs: LogTree) {
        hasher.combine(logs.fingerprint(of: held.log))
        hasher.combine(held.snapshot.size)
        hasher.combine(purged.rawValue)
    }
}

extension LogTree {
    /// The snapshot of all of the log.
    func snapshot(of log: LogHandle, cluster: ClusterID, isWhole: Bool) -> Snapshot {
        let configuration = LoggedMembership(id: lastConfiguration(of: log), membership: membership(of: log))
        var snapshot = Snapshot(last: last(of: log), cluster: cluster, configuration: configuration)
        if isWhole {
            snapshot.size = ModelSnapshot.size
            snapshot.checksum = checksum(of: log)
        }
        return snapshot
    }

    /// Of the body of a snapshot of the log: two states differ when their logs do.
    func checksum(of log: LogHandle) -> UInt32 { UInt32(truncatingIfNeeded: fingerprint(of: log)) }
}
