import ArgumentParser
import Glibc
import RaftTracing

/// Where a row's events go.
enum TraceSinkKind: String, CaseIterable, ExpressibleByArgument, Sendable {
    /// Nowhere: they are made, and thrown away.
    case none
    /// The last thousand, as values.
    case memory
    /// A line of text for each.
    case stderr
    /// A line of JSON for each.
    case json
    /// swift-log's own handler, which writes a line of text for each.
    case swiftLog = "swift-log"
    /// Native records, written by raftd.
    case journald
    /// The flight recorder alone, in memory.
    case recorder
    /// The flight recorder alone, mapped to a file.
    case recorderFile = "recorder-file"
    /// What raftd does unless told otherwise: a line of text for each, and the flight recorder in memory.
    case raftd

    var hasRecorder: Bool { self == .recorder || self == .recorderFile || self == .raftd }
    var writesText: Bool { self == .stderr || self == .json || self == .swiftLog || self == .raftd }
}

/// The lowest level that a row's sink gets; none keeps everything from it.
enum TraceThreshold: Hashable, Sendable {
    case none
    case from(TraceLevel)

    var level: TraceLevel? {
        switch self {
        case .none: nil
        case .from(let level): level
        }
    }
}

extension TraceThreshold: CaseIterable, ExpressibleByArgument {
    static var allCases: [TraceThreshold] { [.none] + TraceLevel.allCases.reversed().map { .from($0) } }
    static var allValueStrings: [String] { allCases.map(\.defaultValueDescription) }

    var defaultValueDescription: String { level?.name ?? "none" }

    init?(argument: String) {
        if argument == "none" {
            self = .none
        } else if let level = TraceLevel(argument) {
            self = .from(level)
        } else {
            return nil
        }
    }
}

/// How a row's nodes are traced.
struct TraceParameters: Hashable, Sendable {
    var threshold = TraceThreshold.none
    var sink = TraceSinkKind.none
    /// Where lines of text go, in this process; nil for /dev/null.
    var output: String?

    /// Nothing is recorded, and the tracer is the silent one.
    var isSilent: Bool { threshold == .none && !sink.hasRecorder }

    /// What raftd does unless told otherwise.
    static let raftd = TraceParameters(threshold: .from(.info), sink: .raftd)

    /// What was asked for; what was left out is nothing in this process, and raftd's own with processes.
    init(_ level: Level, _ threshold: TraceThreshold?, _ sink: TraceSinkKind?, _ output: String?) {
        self = level == .processes && threshold == nil && sink == nil ? .raftd : TraceParameters()
        if let sink {
            self.sink = sink
            self.threshold = sink == .none ? .none : .from(.info)
        }
        if let threshold { self.threshold = threshold }
        self.output = output
    }

    init(threshold: TraceThreshold = .none, sink: TraceSinkKind = .none, output: String? = nil) {
        self.threshold = threshold
        self.sink = sink
        self.output = output
    }

    /// - Throws: one line that names the option and what would be right.
    func validate(_ level: Level) throws(BenchError) {
        func require(_ holds: Bool, _ message: String) throws(BenchError) {
            if !holds { throw BenchError(message, isUsage: true) }
        }
        try require(
            output == nil || (level == .inprocess && sink.writesText),
            "--trace-output needs lines of text in one process: --level inprocess with --trace-sink stderr, json, "
                + "swift-log or raftd"
        )
        switch level {
        case .inprocess:
            try require(
                sink != .journald, "--trace-sink journald is raftd's: choose --level processes, or another sink")
        case .processes:
            try require(
                sink != .memory && sink != .swiftLog,
                "raftd has no sink \(sink.rawValue): choose none, stderr, json, journald, recorder, recorder-file "
                    + "or raftd")
            try require(
                sink != .journald || access(Self.journal, W_OK) == 0,
                "no journald listens on \(Self.journal): start one, or choose another --trace-sink")
        }
    }

    private static let journal = "/run/systemd/journal/socket"

    /// Sinks that can be measured here.
    static func sinks(_ level: Level) -> [TraceSinkKind] {
        TraceSinkKind.allCases.filter { sink in
            do {
                try TraceParameters(threshold: .from(.info), sink: sink).validate(level)
                return true
            } catch {
                return false
            }
        }
    }

    var text: String { "\(sink.rawValue) at \(threshold.defaultValueDescription)" }
}
