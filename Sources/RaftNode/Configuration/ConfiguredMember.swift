public import RaftMembership

/// A member as the configuration names it: `1=unix:/run/raftd/1.sock`.
public struct ConfiguredMember: Hashable, Sendable, CustomStringConvertible {
    public var id: NodeID
    public var address: String

    public init(id: NodeID, address: String) {
        self.id = id
        self.address = address
    }

    /// Nil when the text has no number of 1 or more before the first `=`, or nothing after it.
    public init?(_ text: String) {
        guard let equals = text.firstIndex(of: "="), let id = ConfigurationType.integer(String(text[..<equals])),
            id >= 1,
            equals != text.index(before: text.endIndex)
        else { return nil }
        self.id = NodeID(UInt64(id))
        address = String(text[text.index(after: equals)...])
    }

    public var description: String { "\(id)=\(address)" }
}
