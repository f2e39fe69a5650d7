public import RaftMembership

/// A machine of any type, in bytes: what a daemon runs, whatever machine its registry names.
public struct AnyStateMachine: StateMachine {
    private var box: any Box

    public init(_ machine: some QueryableStateMachine) { box = TypedBox(machine: machine) }

    public var isInline: Bool { box.isInline }

    public mutating func apply(_ command: [UInt8]) throws -> [UInt8] { try box.apply(command) }

    public mutating func skip(to index: LogIndex) { box.skip(to: index) }

    public func snapshot() throws -> (any SnapshotView)? { try box.snapshot() }

    public mutating func restore(from source: SnapshotSource) throws { try box.restore(from: source) }

    public static func encode(_ command: [UInt8]) throws -> [UInt8] { command }

    public static func decode(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { [UInt8](bytes) }

    public static func encodeOutput(_ output: [UInt8]) -> [UInt8]? { output }

    public static func decodeOutput(_ bytes: UnsafeRawBufferPointer) -> [UInt8] { [UInt8](bytes) }

    public func recoverDurableState() throws -> DurableState? { try box.recoverDurableState() }

    public mutating func makeDurable(_ state: DurableState) throws { try box.makeDurable(state) }

    /// - Throws: `CommandRefused` for a query that cannot be decoded.
    public func answer(_ query: [UInt8]) throws -> [UInt8] { try box.answer(query) }

    private protocol Box: Sendable {
        var isInline: Bool { get }
        mutating func apply(_ command: [UInt8]) throws -> [UInt8]
        mutating func skip(to index: LogIndex)
        func snapshot() throws -> (any SnapshotView)?
        mutating func restore(from source: SnapshotSource) throws
        func answer(_ query: [UInt8]) throws -> [UInt8]
        func recoverDurableState() throws -> DurableState?
        mutating func makeDurable(_ state: DurableState) throws
    }

    private struct TypedBox<Machine: QueryableStateMachine>: Box {
        var machine: Machine

        var isInline: Bool { machine.isInline }

        mutating func apply(_ command: [UInt8]) throws -> [UInt8] {
            let decoded: Machine.Command
            do {
                decoded = try command.withUnsafeBytes { try Machine.decode($0) }
            } catch {
                throw CommandRefused("the command cannot be decoded: \(error)")
            }
            return Machine.encode(try machine.apply(decoded))
        }

        mutating func skip(to index: LogIndex) { machine.skip(to: index) }

        func snapshot() throws -> (any SnapshotView)? { try machine.snapshot() }

        mutating func restore(from source: SnapshotSource) throws { try machine.restore(from: source) }

        func recoverDurableState() throws -> DurableState? { try machine.recoverDurableState() }

        mutating func makeDurable(_ state: DurableState) throws { try machine.makeDurable(state) }

        func answer(_ query: [UInt8]) throws -> [UInt8] {
            let decoded: Machine.Query
            do {
                decoded = try query.withUnsafeBytes { try Machine.decodeQuery($0) }
            } catch {
                throw CommandRefused("the query cannot be decoded: \(error)")
            }
            return Machine.encode(machine.answer(decoded))
        }
    }
}
