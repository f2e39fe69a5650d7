/// A machine that takes on the state of a snapshot, beside the one that works.
class Restoration: @unchecked Sendable {
    // Unchecked: one lane at a time has it, the applier's before and after, the builder's in between.
    let snapshot: Snapshot
    private(set) var sessions = SessionTable()
    init(_ snapshot: Snapshot) { self.snapshot = snapshot }
    /// - Parameter record: the framework's own.
    func restore(_ record: [UInt8], from source: SnapshotSource) throws {
        sessions = try SessionTable(record: record)
        try restore(from: source)
    }
    fileprivate func restore(from source: SnapshotSource) throws {
        preconditionFailure("implemented by MachineRestoration")
    }
    func release() {}
}

/// Of one type of machine.
final class MachineRestoration<Machine: StateMachine>: Restoration, @unchecked Sendable {
    // Unchecked for the same reason.
    private var machine: Machine?

    init(_ snapshot: Snapshot, _ machine: Machine) {
        self.machine = machine
        super.init(snapshot)
    }

    fileprivate override func restore(from source: SnapshotSource) throws { try machine?.restore(from: source) }

    /// Swaps the restored machine with the one that works.
    func exchange(with working: inout Machine) {
        guard let restored = machine else { return }
        machine = working
        working = restored
    }

    override func release() { machine = nil }
}
