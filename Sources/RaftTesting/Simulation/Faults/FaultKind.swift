/// What can be done to a cluster. Names are those of the coverage table and of a failing seed's list.
public enum FaultKind: String, CaseIterable, Sendable {
    // Processes.
    case crash, crashLeader, crashAtEffect, crashAll, restart, pause, pauseLeader
    // Network.
    case partition, partitionLeader, cutOneWay, partialPartition, clog, slowLink, loss, duplication, reconnect
    // Against leases: the leader is left with a minority; cut off when who promised it a vote has just restarted, or when it
    // has just handed over.
    case minorityLeader, promiserRestart, deafTransfer
    // Disks.
    case slowDisk, hangingDisk, failingSync, fullDisk
    // Clocks.
    case clockJump, clockDrift
    // The machine.
    case machineFailure
    // No faults at all, but what administrators do meanwhile.
    case changeMembership, transfer, stepDown, snapshot, compact
    // Data, within the budget of the fault atlas: today's rules find it and keep the server away for good.
    case rot, wipe, rollback
    // Against the repair of logs: entries rot while the server runs; its process dies while they come back, or they come back
    // to a full disk; what a leader without a quorum goes on appending rots.
    case rotUnnoticed, rotUnderRepair, rotStranded
    /// The mark along with them: what peers remember must do, and a server with nothing is a stranger.
    case wipeWithMark, rollbackWithMark

    var coveragePoint: CoveragePoint {
        switch self {
        case .crash: .faultCrash
        case .crashLeader: .faultCrashLeader
        case .crashAtEffect: .faultCrashAtEffect
        case .crashAll: .faultCrashAll
        case .restart: .faultRestart
        case .pause: .faultPause
        case .pauseLeader: .faultPauseLeader
        case .partition: .faultPartition
        case .partitionLeader: .faultPartitionLeader
        case .cutOneWay: .faultCutOneWay
        case .partialPartition: .faultPartialPartition
        case .clog: .faultClog
        case .slowLink: .faultSlowLink
        case .loss: .faultLoss
        case .duplication: .faultDuplication
        case .reconnect: .faultReconnect
        case .minorityLeader: .faultMinorityLeader
        case .promiserRestart: .faultPromiserRestart
        case .deafTransfer: .faultDeafTransfer
        case .slowDisk: .faultSlowDisk
        case .hangingDisk: .faultHangingDisk
        case .failingSync: .faultFailingSync
        case .fullDisk: .faultFullDisk
        case .clockJump: .faultClockJump
        case .clockDrift: .faultClockDrift
        case .machineFailure: .faultMachineFailure
        case .changeMembership: .faultChangeMembership
        case .transfer: .faultTransfer
        case .stepDown: .faultStepDown
        case .snapshot: .faultSnapshot
        case .compact: .faultCompact
        case .rot: .faultRot
        case .rotUnnoticed: .faultRotUnnoticed
        case .rotUnderRepair: .faultRotUnderRepair
        case .rotStranded: .faultRotStranded
        case .wipe: .faultWipe
        case .rollback: .faultRollback
        case .wipeWithMark: .faultWipeWithMark
        case .rollbackWithMark: .faultRollbackWithMark
        }
    }

    /// Asks something of who leads or belongs, which nobody does where damage is counted on.
    var isAdministration: Bool { [.changeMembership, .transfer, .stepDown, .deafTransfer].contains(self) }
    var isDamage: Bool { [.wipe, .rollback, .wipeWithMark, .rollbackWithMark].contains(self) }
    /// Only where a seed is about nothing else.
    var isAgainstRepair: Bool { [.rotUnnoticed, .rotUnderRepair, .rotStranded].contains(self) }
}

/// One fault of a seed's plan. Whom it strikes may depend on who leads then.
public struct PlannedFault: Hashable, Sendable, CustomStringConvertible {
    /// Its place in the plan of the seed.
    public var number: Int
    /// Simulated nanoseconds from the start.
    public var at: UInt64
    public var kind: FaultKind
    var node: Int
    var other: Int
    /// How long it lasts, in nanoseconds.
    var span: UInt64
    /// More chance, for what a kind needs.
    var salt: UInt64

    public var description: String {
        "#\(number) at \(at / 1_000_000) ms: \(kind.rawValue) of node \(node + 1) and \(other + 1), for \(span / 1_000_000) ms"
    }
}
