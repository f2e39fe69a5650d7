/// Reads recorded histories.
///
/// ```swift
/// let operations = try HistoryReader(file: "run.history").read(bytes)
/// let verdict = LinearizabilityChecker().check(operations)
/// ```
///
/// Operations that failed for certain are left out. Those that were still under way at the end are open, as are those
/// whose outcome is `unknown`. Where the events have no times, the time of an event is its number.
public struct HistoryReader: Sendable {
    /// The name that errors give.
    public let file: String

    /// The key of histories that know one register only, as Jepsen's logs do.
    public static let soleKey = "register"

    /// A reader whose errors give this name.
    public init(file: String = "history") {
        self.file = file
    }

    /// The operations of a history, in the order of their calls.
    ///
    /// - Throws: ``HistoryFormatError`` with the first line that cannot be understood.
    public func read(
        _ bytes: some Sequence<UInt8>, format: HistoryFormat = .automatic
    ) throws(HistoryFormatError) -> [HistoryOperation] {
        let lines = Array(bytes).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0 }
        let isJepsen = format == .automatic ? lines.contains(where: JepsenLine.isEvent) : format == .jepsen
        var assembler = HistoryAssembler()
        for (index, line) in lines.enumerated() {
            do throws(HistoryLineError) {
                let event = isJepsen ? try JepsenLine.event(in: line) : try HistoryLine.event(in: line)
                if let event { try assembler.add(event, line: index + 1) }
            } catch {
                throw HistoryFormatError(file: file, line: index + 1, message: error.message)
            }
        }
        let operations = assembler.operations
        if isJepsen, assembler.isEmpty {
            throw HistoryFormatError(
                file: file, line: 1,
                message: "there is no event of a Jepsen log in this file; "
                    + "one looks like \"INFO  jepsen.util - 3 :invoke :write 4\", with tabs before the colons and the value"
            )
        }
        return operations
    }
}

/// What is wrong with a line.
struct HistoryLineError: Error {
    let message: String

    init(_ message: String) {
        self.message = message
    }
}

/// An event as a file gives it: a completion may say nothing of what was called.
struct ParsedEvent {
    /// An operation as it was called, or as its completion repeats it; what it answered is not part of it.
    enum Call: Hashable {
        case read
        case write(RegisterValue)
        case compareAndSet(RegisterValue, RegisterValue)
    }

    /// What became of the call.
    enum Kind: Hashable {
        case invoke
        /// With the value that a read returned.
        case ok(RegisterValue?)
        case mismatch
        case fail
        case unknown
    }

    var kind: Kind
    var process: Int
    var key: String
    /// `nil` where a completion does not repeat the call.
    var call: Call?
    var time: UInt64?
}
