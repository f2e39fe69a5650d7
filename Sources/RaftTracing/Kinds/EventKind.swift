/// What kind of thing happened, apart from its particulars: the stable handle for filters, alerts and catalogues.
///
/// The kinds of this package are static members (``roleChanged``, …). Plugins define more, with names and ids of their
/// own.
public struct EventKind: Hashable, Sendable {
    /// A dotted name, such as `raft.role.changed`.
    public let name: String
    /// 32 lower-case hexadecimal digits, fixed for ever: journald's `MESSAGE_ID`.
    public let messageID: String
    /// At which its events are recorded.
    public let level: TraceLevel
    /// Keys of the fields that its events may have besides those of the context, without `raft.`, with a space between.
    public let fields: String
    /// One line for the person who reads the record: what it means and, where there is something to do, what.
    public let prose: String

    /// - Parameters:
    ///   - name: Unique, dotted, beginning with the name of the module or product.
    ///   - messageID: 32 hexadecimal digits, drawn once at random; sinks leave out an id of any other form.
    ///   - level: Of all its events: a call names it again, so that what is compiled in is seen where it stands.
    ///   - fields: For documentation, and checked in debug builds.
    ///   - prose: One line.
    @inlinable
    public init(_ name: String, _ messageID: String, _ level: TraceLevel, _ fields: String, _ prose: String) {
        self.name = name
        self.messageID = messageID
        self.level = level
        self.fields = fields
        self.prose = prose
    }

    /// Whether an event may have a field of this key.
    func allows(_ key: String) -> Bool {
        fields.split(separator: " ").contains { key == $0 || key == "raft.\($0)" }
    }
}
