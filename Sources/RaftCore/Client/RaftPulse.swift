import Synchronization

/// A node's signs of life. Each of its parts counts here when it gets on with its work, and answers `Raft.beat()` when it
/// has none, so that whoever looks twice can tell a part that hangs from one that is busy or idle.
///
/// Counters only rise, and mean nothing by themselves. Any thread may read them.
public final class RaftPulse: Sendable {
    private let recoveryCount = Atomic<UInt64>(0)
    private let driverCount = Atomic<UInt64>(0)
    private let storageCount = Atomic<UInt64>(0)
    private let machineCount = Atomic<UInt64>(0)

    public init() {}

    /// Of opening storage and restoring a snapshot: steps of any size.
    public var recovery: UInt64 { recoveryCount.load(ordering: .relaxed) }
    /// Of the driver, which runs the protocol: beats.
    public var driver: UInt64 { driverCount.load(ordering: .relaxed) }
    /// Of the thread that writes to the disk: commits, reads for peers, and beats.
    public var storage: UInt64 { storageCount.load(ordering: .relaxed) }
    /// Of the machine: entries applied, and beats.
    public var machine: UInt64 { machineCount.load(ordering: .relaxed) }

    package func recovered() { recoveryCount.wrappingAdd(1, ordering: .relaxed) }
    func turned() { driverCount.wrappingAdd(1, ordering: .relaxed) }
    func wrote() { storageCount.wrappingAdd(1, ordering: .relaxed) }

    /// Called for every entry, by one thread at a time: no atomic addition is needed.
    func stepped() { machineCount.store(machineCount.load(ordering: .relaxed) &+ 1, ordering: .relaxed) }
}

extension Raft {
    // MARK: Signs of life

    /// What the node's parts have counted.
    public var pulse: RaftPulse { driver.pulse }

    /// Asks the driver, storage's thread and the machine's for a sign of life: each counts in `pulse` when its turn comes.
    /// Never blocks. Any thread.
    public func beat() { post(.beat) { _ in } }
}

extension Driver {
    func beat() {
        pulse.turned()
        storageLane.schedule(storageBeat)
        applier.submit(.beat)
    }
}
