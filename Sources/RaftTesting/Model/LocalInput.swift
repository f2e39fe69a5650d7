import RaftCore
import RaftMembership

/// An input to one server in 36 bits, so that what a server does with it is looked up and not run again: an exploration
/// meets few states of a single server, in very many combinations.
struct LocalInput: Sendable {
    enum Kind: UInt64 {
        case deliver, complete, deadline, propose, read, crash, forget, deliverUnknownKind, deliverWithoutEntries,
            deliverFromEarlierLife, change, transfer, snapshot, errand
    }

    let kind: Kind
    /// Of a message; the index that a read must see.
    let number: UInt32
    /// The moment; a position; how many writes are durable; what tells proposals and reads apart; an errand and the moment.
    let detail: UInt8

    static func deliver(_ message: UInt32, at moment: ModelMoment) -> LocalInput {
        LocalInput(kind: .deliver, number: message, detail: moment.rawValue)
    }
    static func complete(_ position: Int) -> LocalInput {
        LocalInput(kind: .complete, number: 0, detail: UInt8(position))
    }
    static func deadline(_ moment: ModelMoment) -> LocalInput {
        LocalInput(kind: .deadline, number: 0, detail: moment.rawValue)
    }
    static func propose(_ payload: UInt8) -> LocalInput { LocalInput(kind: .propose, number: 0, detail: payload) }
    static func read(_ id: UInt8, sees index: UInt32) -> LocalInput {
        LocalInput(kind: .read, number: index, detail: id)
    }
    static func crash(durable count: Int) -> LocalInput { LocalInput(kind: .crash, number: 0, detail: UInt8(count)) }

    static let forget = LocalInput(kind: .forget, number: 0, detail: 0)
    static func deliverUnknownKind(_ message: UInt32) -> LocalInput {
        LocalInput(kind: .deliverUnknownKind, number: message, detail: 0)
    }
    static func deliverWithoutEntries(_ message: UInt32) -> LocalInput {
        LocalInput(kind: .deliverWithoutEntries, number: message, detail: 0)
    }
    static func deliverFromEarlierLife(_ message: UInt32) -> LocalInput {
        LocalInput(kind: .deliverFromEarlierLife, number: message, detail: 0)
    }

    static func change(_ number: Int) -> LocalInput { LocalInput(kind: .change, number: 0, detail: UInt8(number)) }
    static func transfer(to slot: Int) -> LocalInput { LocalInput(kind: .transfer, number: 0, detail: UInt8(slot)) }

    static func snapshot(_ number: UInt8) -> LocalInput { LocalInput(kind: .snapshot, number: 0, detail: number) }
    static func errand(_ errand: ModelErrand, at moment: ModelMoment) -> LocalInput {
        LocalInput(kind: .errand, number: 0, detail: errand.rawValue << 4 | moment.rawValue)
    }

    /// The input and the server that gets it.
    func key(_ server: UInt32) -> UInt64 {
        UInt64(server) << 40 | kind.rawValue << 36 | UInt64(number) << 8 | UInt64(detail)
    }

    var moment: ModelMoment { ModelMoment(rawValue: kind == .errand ? detail & 15 : detail) ?? .recent }
    var errand: ModelErrand { ModelErrand(rawValue: detail >> 4) ?? .build }
}

/// What came of it.
struct LocalResult: Sendable {
    var server: UInt32
    /// Ranges in `ModelTables.sends`.
    var firstSend: Int32
    var sendCount: UInt8
    var heartbeatCount: UInt8
    var landmarks: ModelLandmarks
    /// Position in `ModelTables.violations`; negative for none.
    var violation: Int32
}
