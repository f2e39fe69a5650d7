import Synchronization

/// Counts the bytes of answers that clients have not taken yet: of one connection, and of all of them together.
///
/// How large an answer is shows only when it is made, on the machine's lane, where thousands of queries may be answered in
/// a row. So each asks here first, and is refused as *overloaded* when too much lies unread already.
final class UnreadAnswers: Sendable {
    private let bytes = Atomic<Int>(0)
    private let limit: Int
    private let all: UnreadAnswers?

    /// - Parameter all: counts what is counted here as well.
    init(limit: Int, all: UnreadAnswers? = nil) {
        self.limit = limit
        self.all = all
    }

    var hasRoom: Bool { bytes.load(ordering: .relaxed) < limit && (all?.hasRoom ?? true) }

    func add(_ count: Int) {
        bytes.add(count, ordering: .relaxed)
        all?.add(count)
    }

    func remove(_ count: Int) {
        bytes.subtract(count, ordering: .relaxed)
        all?.remove(count)
    }
}
