extension ConformanceProperty {
    /// A command that is encoded and decoded is the same command: it encodes to the same bytes, and does the same.
    public static let commandCodec = ConformanceProperty("command-codec")
    /// What decoding gives, a command or an error, depends on the bytes alone (rule C7), and nothing makes it trap.
    public static let decoding = ConformanceProperty("decoding")
    /// Machines built apart that apply the same commands give the same outputs.
    public static let equalOutputs = ConformanceProperty("equal-outputs")
    /// And are then in the same state.
    public static let equalStates = ConformanceProperty("equal-states")
    /// Commands that went through the log do what the commands themselves do.
    public static let throughTheLog = ConformanceProperty("through-the-log")
    /// A command throws nothing but `CommandRefused`, on every copy the same.
    public static let refusals = ConformanceProperty("refusals")
    /// A refused command changes nothing.
    public static let refusedChangesNothing = ConformanceProperty("refused-changes-nothing")
    /// A copy stays as it is while the machine goes on.
    public static let copiesStay = ConformanceProperty("copies-stay")
    /// A machine stays as it is while a copy goes on.
    public static let originalsStay = ConformanceProperty("originals-stay")
    /// Indices without a command change nothing that shows (rule C4).
    public static let skipping = ConformanceProperty("skipping")
    /// A copy can be read on another thread while the machine goes on.
    public static let readersBeside = ConformanceProperty("readers-beside")
    /// What is asked changes nothing, and the same question has the same answer.
    public static let answers = ConformanceProperty("answers")
    /// What decoding a query gives depends on the bytes alone, and nothing makes it trap.
    public static let queryDecoding = ConformanceProperty("query-decoding")
    /// Views of machines that applied the same commands write the same bytes, each time.
    public static let equalViews = ConformanceProperty("equal-views")
    /// A view stays as it is while the machine goes on, also where another thread writes it.
    public static let viewsStay = ConformanceProperty("views-stay")
    /// A machine that is restored, whatever it was before, is the one that the snapshot was taken of, for all that comes.
    public static let restoring = ConformanceProperty("restoring")
    /// A body that is cut short, goes on, or cannot be read is refused; none makes restoring trap.
    public static let damagedViews = ConformanceProperty("damaged-views")
}
