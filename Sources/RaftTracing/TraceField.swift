/// One named particular of an event.
///
/// Names are dotted and lower case (`raft.term`). Sinks write them their own way: text drops the `raft.`, journald has
/// `RAFT_TERM`. The names of the constructors below are a contract with operators and scripts.
public struct TraceField: Sendable {
    public let key: String
    public let value: TraceValue
    /// The key's place among those that the flight recorder knows (`KeyBlocks`); 0 of any other, and of one that did not come
    /// from its constructor below.
    @usableFromInline let place: UInt8

    @inlinable
    public init(_ key: String, _ value: TraceValue) {
        self.init(key, value, 0)
    }

    @inlinable
    init(_ key: String, _ value: TraceValue, _ place: UInt8) {
        self.key = key
        self.value = value
        self.place = place
    }

    /// The cluster's name.
    @inlinable public static func cluster(_ name: String) -> TraceField { TraceField("raft.cluster", .string(name), 1) }
    /// The node that records.
    @inlinable public static func node(_ id: UInt64) -> TraceField { TraceField("raft.node", .uint(id), 2) }
    /// The cluster's identity, which it got when it was formed.
    @inlinable public static func identity(_ id: String) -> TraceField { TraceField("raft.identity", .string(id), 3) }
    /// The group, where a node runs several.
    @inlinable public static func group(_ id: UInt32) -> TraceField { TraceField("raft.group", .uint(UInt64(id)), 4) }
    /// The term in which it happened.
    @inlinable public static func term(_ term: UInt64) -> TraceField { TraceField("raft.term", .uint(term), 5) }
    /// The recording node's role: `leader`, `follower`, `candidate`, …
    @inlinable public static func role(_ role: String) -> TraceField { TraceField("raft.role", .string(role), 6) }
    /// An index of the log.
    @inlinable public static func index(_ index: UInt64) -> TraceField { TraceField("raft.index", .uint(index), 7) }
    /// The other node of the event.
    @inlinable public static func peer(_ id: UInt64) -> TraceField { TraceField("raft.peer", .uint(id), 8) }
    /// An address, in the form of the configuration (`unix:/run/raftd/1.sock`).
    @inlinable public static func address(_ address: String) -> TraceField {
        TraceField("raft.address", .string(address), 9)
    }
    /// Why it happened: a short phrase.
    @inlinable public static func reason(_ reason: String) -> TraceField {
        TraceField("raft.reason", .string(reason), 10)
    }
    /// How many.
    @inlinable public static func count(_ count: Int) -> TraceField { TraceField("raft.count", .int(Int64(count)), 11) }
    /// The kind of a message between nodes, or of a client's request.
    @inlinable public static func message(_ name: String) -> TraceField {
        TraceField("raft.message", .string(name), 12)
    }
    /// What something has become: `probe`, `replicate`, `snapshot`.
    @inlinable public static func state(_ state: String) -> TraceField { TraceField("raft.state", .string(state), 13) }
    /// How a client's request ended: `done`, `rejected`, `unknown`.
    @inlinable public static func outcome(_ outcome: String) -> TraceField {
        TraceField("raft.outcome", .string(outcome), 14)
    }
    /// A module that has a level of its own.
    @inlinable public static func module(_ name: String) -> TraceField { TraceField("raft.module", .string(name), 15) }
    /// A level.
    @inlinable public static func level(_ level: TraceLevel) -> TraceField {
        TraceField("raft.level", .string(level.name), 16)
    }
    /// A size, in bytes.
    @inlinable public static func bytes(_ count: UInt64) -> TraceField { TraceField("raft.bytes", .uint(count), 17) }
    /// A file or directory.
    @inlinable public static func path(_ path: String) -> TraceField { TraceField("raft.path", .string(path), 18) }
    /// A field of one's own, such as `.custom("kv.bytes", .uint(12))`.
    @inlinable public static func custom(_ key: String, _ value: TraceValue) -> TraceField { TraceField(key, value) }
}

extension TraceField: Hashable {
    @inlinable
    public static func == (left: TraceField, right: TraceField) -> Bool {
        left.key == right.key && left.value == right.value
    }

    @inlinable
    public func hash(into hasher: inout Hasher) {
        hasher.combine(key)
        hasher.combine(value)
    }
}
