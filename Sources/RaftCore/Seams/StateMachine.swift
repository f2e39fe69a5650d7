public import RaftMembership

/// What the cluster agrees on: a deterministic machine that is fed committed commands (§2).
///
/// Plain synchronous code without Raft in sight. Calls come one at a time, from the applier; the same commands in the
/// same order must give the same outputs on every node, so no clocks, no chance, no hash order.
///
/// A `Codable` command needs no codec of its own; one that wants speed or its own format gives `encode` and `decode`.
public protocol StateMachine: Sendable {
    /// What is proposed.
    associatedtype Command: Sendable
    /// What applying a command gives back to its proposer.
    associatedtype Output: Sendable

    /// Applies the next committed command. A refusal that is part of the machine's business is an `Output`.
    /// - Throws: `CommandRefused` for a command that is no sensible one: its proposer is told, and the machine goes on.
    ///   Anything else makes going on impossible: the node stops and reports the index and the error (rule C7).
    mutating func apply(_ command: Command) throws -> Output

    /// Told of each index that carries no command for the machine, so that its applied index can be exact (rule C4).
    mutating func skip(to index: LogIndex)

    /// The command as it stands in the log. Any thread.
    static func encode(_ command: Command) throws -> [UInt8]

    /// The command in `bytes`. A failure must depend on the bytes alone: it is every node's outcome (rule C7).
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Command

    /// A view of the present state, for a snapshot (§7): at once, for nothing is applied meanwhile. A machine with large state
    /// keeps it in a structure that can be shared. Nil when there are no snapshots of this machine: its log grows without
    /// end. Default: the encoding of a `Codable` machine; nil for any other.
    func snapshot() throws -> (any SnapshotView)?

    /// Replaces the state by that of a snapshot. Runs on a copy of the machine, beside it; when it throws, the node cannot
    /// go on.
    mutating func restore(from source: SnapshotSource) throws

    /// The output as client sessions keep it, for whoever asks a second time (D§6.3, rule W4). Default: that of a `Codable`
    /// output; nil for any other, and then whoever asks again is told that the command was applied and no more.
    static func encodeOutput(_ output: Output) throws -> [UInt8]?

    /// The output in `bytes`, which `encodeOutput` made.
    static func decodeOutput(_ bytes: UnsafeRawBufferPointer) throws -> Output

    /// What a durable machine holds: one that keeps its state on disk, and its applied index with it (rule C5). Asked
    /// once, before anything else. Nil, the default, for a machine in memory: it is restored from a snapshot, and the log
    /// is applied to it again.
    /// - Throws: when the state cannot be read; the node stops.
    func recoverDurableState() throws -> DurableState?

    /// Makes durable, in one transaction, what was applied since the last call, and `state`: a crash leaves all of it or
    /// nothing. Called after each batch of entries, and after a restored state has taken this machine's place; never where
    /// `recoverDurableState` gave nil.
    /// - Throws: when it cannot be written; the node stops.
    mutating func makeDurable(_ state: DurableState) throws

    /// Whether applying is so cheap (microseconds) that it may run on the driver's lane, which spares a thread hop.
    /// A machine that is slow there delays heartbeats (rule P6). Default: false.
    var isInline: Bool { get }
}

extension StateMachine {
    public mutating func skip(to index: LogIndex) {}
    public var isInline: Bool { false }
    public func snapshot() throws -> (any SnapshotView)? { nil }
    public mutating func restore(from source: SnapshotSource) throws {
        throw StorageError(.misuse, "a \(Self.self) cannot be restored from a snapshot: it takes none")
    }
}

/// What a durable machine keeps beside its own state (rule C5).
public struct DurableState: Hashable, Sendable {
    /// The last entry whose effects the state holds; every entry up to it was applied, or carried no command.
    public var applied: LogIndex
    /// The framework's own record, client sessions above all: opaque to the machine, which gives back what it got last.
    public var record: [UInt8]

    public init(applied: LogIndex, record: [UInt8]) {
        self.applied = applied
        self.record = record
    }

    /// Of a machine to which nothing was applied.
    public static let initial = DurableState(applied: .zero, record: [])
}

extension StateMachine {
    public static func encodeOutput(_ output: Output) throws -> [UInt8]? { nil }
    public static func decodeOutput(_ bytes: UnsafeRawBufferPointer) throws -> Output {
        throw CommandRefused("outputs of a \(Self.self) have no codec")
    }
    public func recoverDurableState() throws -> DurableState? { nil }
    public mutating func makeDurable(_ state: DurableState) throws {}
}

extension StateMachine where Output: Codable {
    public static func encodeOutput(_ output: Output) throws -> [UInt8]? { try BinaryCoder.encode(output) }
    public static func decodeOutput(_ bytes: UnsafeRawBufferPointer) throws -> Output {
        try BinaryCoder.decode(Output.self, from: bytes)
    }
}

extension StateMachine where Output == Void {
    public static func encodeOutput(_ output: Output) throws -> [UInt8]? { [] }
    public static func decodeOutput(_ bytes: UnsafeRawBufferPointer) throws {}
}

extension StateMachine where Self: Codable {
    public func snapshot() throws -> (any SnapshotView)? { CodableView(machine: self) }
    public mutating func restore(from source: SnapshotSource) throws {
        let bytes = try source.read(Int(source.remaining))
        self = try bytes.withUnsafeBytes { try BinaryCoder.decode(Self.self, from: $0) }
    }
}

/// A small machine, encoded in one piece.
struct CodableView<Machine: Codable & Sendable>: SnapshotView {
    let machine: Machine
    func write(to sink: SnapshotSink) throws { try sink.write(BinaryCoder.encode(machine)) }
}

extension StateMachine where Command: Codable {
    public static func encode(_ command: Command) throws -> [UInt8] { try BinaryCoder.encode(command) }
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Command {
        try BinaryCoder.decode(Command.self, from: bytes)
    }
}

/// Thrown by a machine for a command it cannot make sense of. An outcome like any other: it must depend on the command
/// and the machine's state alone, so that it is the same on every node (rule C7).
public struct CommandRefused: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// A machine that can also be asked and answered in bytes, so that a daemon can serve it to remote clients.
public protocol QueryableStateMachine: StateMachine {
    /// What clients ask.
    associatedtype Query: Sendable
    /// What they are answered.
    associatedtype Answer: Sendable

    /// Answers from the present state, changing nothing.
    func answer(_ query: Query) -> Answer

    /// The output in bytes, as its proposer gets it from a daemon.
    static func encode(_ output: Output) -> [UInt8]

    /// The query in `bytes`, as a client sent it.
    /// - Throws: for bytes that are no query; the client is told *refused*.
    static func decodeQuery(_ bytes: UnsafeRawBufferPointer) throws -> Query

    /// The answer in bytes, as the client gets it.
    static func encode(_ answer: Answer) -> [UInt8]
}
