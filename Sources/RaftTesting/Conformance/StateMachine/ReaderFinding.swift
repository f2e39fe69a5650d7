import Synchronization

/// What a reader on another thread found.
final class ReaderFinding: Sendable {
    private let found = Mutex<String?>(nil)

    var text: String? { found.withLock { $0 } }
    func set(_ text: String) { found.withLock { $0 = text } }
}
