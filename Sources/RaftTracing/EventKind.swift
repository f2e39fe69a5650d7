/// What kind of thing happened, apart from its particulars: the stable handle for filters, alerts and catalogues.
///
/// The kinds of this package are static members (``roleChanged``, …). Plugins define more, with names and ids of their
/// own.
public struct EventKind: Hashable, Sendable {
    /// A dotted name, such as `raft.role.changed`.
    public let name: String
    /// 32 lower-case hexadecimal digits, fixed for ever: journald's `MESSAGE_ID`.
    public let messageID: String
    /// One line for the person who reads the record: what it means and, where there is something to do, what.
    public let prose: String

    /// - Parameters:
    ///   - name: Unique, dotted, beginning with the name of the module or product.
    ///   - messageID: 32 hexadecimal digits, drawn once at random; sinks leave out an id of any other form.
    ///   - prose: One line.
    @inlinable
    public init(_ name: String, _ messageID: String, _ prose: String) {
        self.name = name
        self.messageID = messageID
        self.prose = prose
    }
}
