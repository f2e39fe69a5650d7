import RaftCore
import RaftMembership

/// What happened in a simulation, in order: as a fingerprint always, as lines of text when somebody listens.
///
/// Two runs with equal fingerprints had the same events at the same times with the same particulars.
final class TraceRecorder {
    enum Item {
        case lost(Envelope)
        case delivered(Envelope)
        case stepped(NodeID, EngineRole, LogID, LogIndex, Term)
        case committed(NodeID, LogIndex, Int)
        case applied(NodeID, LogIndex)
        case started(NodeID, life: Int)
        case ended(NodeID, String)
        case fault(String)
        case call(Int, String)
        case event(NodeID, String)
        case violation(String, String)
    }

    private(set) var fingerprint: UInt64 = 0xCBF2_9CE4_8422_2325
    private(set) var count = 0
    private let listener: ((String) -> Void)?

    init(listener: ((String) -> Void)? = nil) { self.listener = listener }

    func record(_ at: Instant, _ item: Item) {
        count += 1
        mix(at.rawValue)
        switch item {
        case .lost(let envelope):
            mix(1)
            mix(envelope)
        case .delivered(let envelope):
            mix(2)
            mix(envelope)
        case .stepped(let node, let role, let last, let commit, let term):
            mix(3)
            mix(node.rawValue)
            mix(role.rawValue)
            mix(last.term.rawValue)
            mix(last.index.rawValue)
            mix(commit.rawValue)
            mix(term.rawValue)
        case .committed(let node, let last, let writes):
            mix(4)
            mix(node.rawValue)
            mix(last.rawValue)
            mix(UInt64(writes))
        case .applied(let node, let index):
            mix(5)
            mix(node.rawValue)
            mix(index.rawValue)
        case .started(let node, let life):
            mix(6)
            mix(node.rawValue)
            mix(UInt64(life))
        case .ended(let node, let why):
            mix(7)
            mix(node.rawValue)
            mix(why)
        case .fault(let what): mix(what)
        case .call(let client, let what):
            mix(UInt64(client))
            mix(what)
        case .event(let node, let what):
            mix(node.rawValue)
            mix(what)
        case .violation(let property, let what):
            mix(property)
            mix(what)
        }
        if let listener { listener("\(Self.time(at)) \(Self.text(item))") }
    }

    private func mix(_ value: UInt64) {
        fingerprint = (fingerprint ^ value) &* 0x0000_0100_0000_01B3
        fingerprint ^= fingerprint >> 29
    }

    private func mix(_ text: String) { for byte in text.utf8 { mix(UInt64(byte)) } }

    private func mix(_ envelope: Envelope) {
        mix(envelope.from.id.rawValue << 32 | envelope.to.id.rawValue)
        envelope.message.forEachNumber(mix)
    }

    private static func time(_ at: Instant) -> String {
        let micros = at.rawValue / 1000
        let fraction = "\(micros % 1_000_000)"
        return "\(micros / 1_000_000)." + String(repeating: "0", count: 6 - fraction.count) + fraction
    }

    private static func text(_ item: Item) -> String {
        switch item {
        case .lost(let envelope):
            "\(envelope.from.id) -> \(envelope.to.id) lost: \(envelope.message.summary)"
        case .delivered(let envelope): "\(envelope.to.id) <- \(envelope.from.id) \(envelope.message.summary)"
        case .stepped(let node, let role, let last, let commit, let term):
            "\(node) is \(role.rawValue) of term \(term), last \(last), committed \(commit)"
        case .committed(let node, let last, let writes): "\(node) has \(writes) writes on disk, last entry \(last)"
        case .applied(let node, let index): "\(node) applied \(index)"
        case .started(let node, let life): "\(node) starts, life \(life)"
        case .ended(let node, let why): "\(node) ends: \(why)"
        case .fault(let what): "fault: \(what)"
        case .call(let client, let what): "client \(client) \(what)"
        case .event(let node, let what): "\(node): \(what)"
        case .violation(let property, let what): "VIOLATION of \(property): \(what)"
        }
    }
}
