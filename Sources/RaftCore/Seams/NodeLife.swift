public import RaftMembership

/// One run of a node's process, and how far the node has come: what members tell each other in the greeting, so that one
/// whose data was rolled back or copied is found out by those who saw it further on (rule M10).
public struct NodeLife: Hashable, Sendable {
    /// How often the node was started on its data; each number belongs to one run only. 0: not told.
    public var startCounter: UInt64
    /// Drawn by chance at each start: tells two runs of one number apart, of which one runs on a copy.
    public var nonce: UInt64
    /// Its term, as far as that is durable.
    public var term: Term

    public init(startCounter: UInt64, nonce: UInt64, term: Term) {
        self.startCounter = startCounter
        self.nonce = nonce
        self.term = term
    }

    /// Says nothing, and is not objected to.
    public static let unknown = NodeLife(startCounter: 0, nonce: 0, term: .zero)
}
