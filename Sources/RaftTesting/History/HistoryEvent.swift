/// One line of a recorded history: a call, or what became of it.
public struct HistoryEvent: Hashable, Sendable {
    /// What happened.
    public enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The operation was called.
        case invoke
        /// It answered. A compare-and-set that found another value has answered too.
        case ok
        /// It certainly did not take place, and never will: it was refused.
        case fail
        /// Nobody knows: it may take effect at any time from its call on, or never.
        case unknown
    }

    /// What happened.
    public var kind: Kind
    /// The client. It has at most one operation under way.
    public var process: Int
    /// The key.
    public var key: String
    /// The operation. What it answered matters only where `kind` is `ok`.
    public var action: HistoryOperation.Action
    /// When, by a clock that all processes share, in any unit. `nil` leaves it to the order of the lines; a history has
    /// times everywhere or nowhere.
    public var time: UInt64?

    /// An event.
    public init(_ kind: Kind, process: Int, key: String, action: HistoryOperation.Action, time: UInt64? = nil) {
        self.kind = kind
        self.process = process
        self.key = key
        self.action = action
        self.time = time
    }

    /// The event as a line of a history file, without its end. Printable ASCII alone, whatever the key and value are.
    public var line: String {
        var words: [String]
        switch action {
        case .read(let value):
            words = [kind.rawValue, "\(process)", "read", HistoryText.token(key)]
            if kind == .ok { words.append(HistoryText.token(value)) }
        case .write(.some(let value)):
            words = [kind.rawValue, "\(process)", "write", HistoryText.token(key), HistoryText.token(value)]
        case .write(.none):
            words = [kind.rawValue, "\(process)", "delete", HistoryText.token(key)]
        case .compareAndSet(let expected, let new, let succeeded):
            let word = kind == .ok && !succeeded ? HistoryWord.mismatch : kind.rawValue
            words = [word, "\(process)", "cas", HistoryText.token(key)]
            words += [HistoryText.token(expected), HistoryText.token(new)]
        }
        if let time { words.append("@\(time)") }
        return words.joined(separator: " ")
    }
}

/// Words of the line format that are no case of an enumeration.
enum HistoryWord {
    /// A compare-and-set that found another value.
    static let mismatch = "mismatch"
}
