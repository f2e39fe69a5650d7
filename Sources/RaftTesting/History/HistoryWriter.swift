/// Records a history in the line format, for ``HistoryReader`` and `raft-check history`.
///
/// ```swift
/// var writer = HistoryWriter(comment: "three nodes, leader killed at 2 s")
/// writer.record(HistoryEvent(.invoke, process: 1, key: "x", action: .write("4")))
/// // … the call …
/// writer.record(HistoryEvent(.ok, process: 1, key: "x", action: .write("4")))
/// file.write(writer.drain())
/// ```
///
/// Record a call *before* it is made and its completion *after* it came back, under one lock for all clients: then the
/// order of the lines claims no more than happened, and no times are needed.
public struct HistoryWriter: Sendable {
    /// What was recorded and not drained.
    public private(set) var text: String

    /// A writer that begins with a comment, if one is given.
    public init(comment: String? = nil) {
        text = ""
        guard let comment else { return }
        for line in comment.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
            text += "# \(line)\n"
        }
    }

    /// Records one event.
    public mutating func record(_ event: HistoryEvent) {
        text += event.line
        text += "\n"
    }

    /// Records whole operations, with their times.
    ///
    /// - Throws: ``HistoryFormatError`` when a process has two operations under way at once, which the format cannot say:
    ///   give each its own process.
    public mutating func record(_ operations: [HistoryOperation]) throws(HistoryFormatError) {
        var openUntil: [Int: (operation: HistoryOperation, time: UInt64?)] = [:]
        var timed: [(time: UInt64, rank: Int, order: Int, event: HistoryEvent)] = []
        let sorted = operations.sorted { ($0.invoked, $0.returned ?? .max) < ($1.invoked, $1.returned ?? .max) }
        for (order, operation) in sorted.enumerated() {
            let process = operation.process
            if let last = openUntil[process] {
                guard last.time.map({ $0 <= operation.invoked }) ?? true else {
                    throw HistoryFormatError(
                        file: "history", line: timed.count + 1,
                        message: "process \(process) has two operations under way at \(operation.invoked); "
                            + "give each a process of its own")
                }
                if last.time == nil {
                    let event = HistoryEvent(.unknown, last.operation, time: operation.invoked)
                    timed.append((operation.invoked, 1, order, event))
                }
            }
            openUntil[process] = (operation, operation.returned)
            timed.append((operation.invoked, 1, order, HistoryEvent(.invoke, operation, time: operation.invoked)))
            guard let returned = operation.returned else { continue }
            let rank = returned == operation.invoked ? 1 : 0
            timed.append((returned, rank, order, HistoryEvent(.ok, operation, time: returned)))
        }
        // At one instant, a process ends one operation before it calls the next.
        let arranged = timed.enumerated().sorted { left, right in
            (left.element.time, left.element.rank, left.element.order, left.offset)
                < (right.element.time, right.element.rank, right.element.order, right.offset)
        }
        for (_, entry) in arranged { record(entry.event) }
    }

    /// What was recorded since the last time, to be written to a file.
    public mutating func drain() -> String {
        defer { text = "" }
        return text
    }
}

extension HistoryEvent {
    fileprivate init(_ kind: Kind, _ operation: HistoryOperation, time: UInt64) {
        self.init(kind, process: operation.process, key: operation.key, action: operation.action, time: time)
    }
}
