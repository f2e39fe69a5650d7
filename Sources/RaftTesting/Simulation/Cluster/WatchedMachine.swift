import RaftCore
import RaftMembership

/// Somebody who sees every command that reaches a machine.
protocol MachineWatcher: AnyObject {
    /// - Throws: what the machine is to fail with.
    func willApply(_ bytes: [UInt8], at index: LogIndex) throws
    /// What came of the command at `index`; nil when the machine's outputs have no codec.
    func applied(at index: LogIndex, _ output: () -> [UInt8]?)
    func skipped(from position: LogIndex, to index: LogIndex)
    func restored(to index: LogIndex)
}

struct WatchedCommand<Command: Sendable>: Sendable {
    var bytes: [UInt8]
    var command: Command
}

/// The user's machine, with someone looking over its shoulder.
struct WatchedMachine<Machine: StateMachine>: StateMachine {
    var machine: Machine
    private(set) var position = LogIndex.zero
    private let watcher: Watcher
    let isInline: Bool

    /// Unchecked, because a simulation is confined to one thread.
    struct Watcher: @unchecked Sendable { weak var watcher: (any MachineWatcher)? }

    init(_ machine: Machine, watcher: any MachineWatcher, isInline: Bool) {
        self.machine = machine
        self.watcher = Watcher(watcher: watcher)
        self.isInline = isInline
    }

    mutating func apply(_ command: WatchedCommand<Machine.Command>) throws -> Machine.Output {
        position = position.next
        try watcher.watcher?.willApply(command.bytes, at: position)
        let output = try machine.apply(command.command)
        watcher.watcher?.applied(at: position) { (try? Machine.encodeOutput(output)) ?? nil }
        return output
    }

    mutating func skip(to index: LogIndex) {
        watcher.watcher?.skipped(from: position, to: index)
        position = index
        machine.skip(to: index)
    }

    func snapshot() throws -> (any SnapshotView)? {
        try machine.snapshot().map { WatchedView(position: position, inner: $0) }
    }

    mutating func restore(from source: SnapshotSource) throws {
        position = LogIndex(try source.read(UInt64.self))
        try machine.restore(from: source)
        watcher.watcher?.restored(to: position)
    }

    static func encodeOutput(_ output: Machine.Output) throws -> [UInt8]? { try Machine.encodeOutput(output) }

    static func decodeOutput(_ bytes: UnsafeRawBufferPointer) throws -> Machine.Output {
        try Machine.decodeOutput(bytes)
    }

    static func encode(_ command: WatchedCommand<Machine.Command>) throws -> [UInt8] { command.bytes }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> WatchedCommand<Machine.Command> {
        WatchedCommand(bytes: [UInt8](bytes), command: try Machine.decode(bytes))
    }
}

private struct WatchedView: SnapshotView {
    let position: LogIndex
    let inner: any SnapshotView

    func write(to sink: SnapshotSink) throws {
        try sink.write(position.rawValue)
        try inner.write(to: sink)
    }
}
