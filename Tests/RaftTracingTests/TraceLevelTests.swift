import RaftTracing
import Testing

@Suite("Levels are ordered, read and written")
struct TraceLevelTests {
    @Test("Levels are ordered from trace to critical")
    func order() {
        #expect(TraceLevel.allCases == [.trace, .debug, .info, .notice, .warning, .error, .critical])
        #expect(TraceLevel.allCases == TraceLevel.allCases.sorted())
    }

    @Test("A level is read from its own name in any case", arguments: TraceLevel.allCases)
    func ownName(level: TraceLevel) {
        #expect(TraceLevel(level.name) == level)
        #expect(TraceLevel(level.name.uppercased()) == level)
        #expect("\(level)" == level.name)
    }

    @Test(
        "The usual short forms are read",
        arguments: [("warn", TraceLevel.warning), ("Err", .error), ("CRIT", .critical)])
    func shortForms(text: String, level: TraceLevel) {
        #expect(TraceLevel(text) == level)
    }

    @Test("Anything else is no level", arguments: ["", "information", " info", "6", "trace\n"])
    func unknown(text: String) {
        #expect(TraceLevel(text) == nil)
    }

    @Test("Each syslog priority has a level, and every level its priority")
    func priorities() {
        #expect(
            (0...7).map { TraceLevel(syslogPriority: $0) } == [
                .critical, .critical, .critical, .error, .warning, .notice, .info, .debug,
            ])
        #expect(TraceLevel(syslogPriority: 8) == nil)
        #expect(TraceLevel(syslogPriority: -1) == nil)
        for level in TraceLevel.allCases where level != .trace {
            #expect(TraceLevel(syslogPriority: level.syslogPriority) == level)
        }
        #expect(TraceLevel.trace.syslogPriority == 7)
    }
}
