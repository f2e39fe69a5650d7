/// One thing that happened, as a sink receives it.
public struct TraceEvent: Sendable {
    public var level: TraceLevel
    public var kind: EventKind
    /// One sentence, for people. May hold anything that a peer or a user sent: sinks escape it.
    public var message: String
    /// Context first, then the event's own; each key once.
    public var fields: [TraceField]
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    public var time: UInt64
    /// `#fileID` of the call.
    public var file: String
    public var line: UInt
    public var function: String

    public init(
        level: TraceLevel,
        kind: EventKind,
        message: String,
        fields: [TraceField] = [],
        time: UInt64,
        file: String = #fileID,
        line: UInt = #line,
        function: String = #function
    ) {
        self.level = level
        self.kind = kind
        self.message = message
        self.fields = fields
        self.time = time
        self.file = file
        self.line = line
        self.function = function
    }
}
