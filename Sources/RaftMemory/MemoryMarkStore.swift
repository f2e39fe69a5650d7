public import RaftCore
import Synchronization

/// A mark in memory, which outlives its node and not the process: for tests, simulations, and logs kept in memory.
public final class MemoryMarkStore: MarkStore {
    private let bytes = Mutex<[UInt8]?>(nil)

    public init() {}

    public var location: String { "in memory" }

    public func read() throws -> NodeMark? {
        guard let bytes = bytes.withLock({ $0 }) else { return nil }
        do {
            return try bytes.withUnsafeBytes { try NodeMark(decoding: $0) }
        } catch let error as EntryError {
            throw StorageError(error.reason == .future ? .tooNew : .damaged, "the mark in memory: \(error)")
        }
    }

    public func write(_ mark: NodeMark) throws { bytes.withLock { $0 = mark.encoded() } }

    /// What a disk would hold; nil for none. Set it to lose the mark, damage it, or bring an old one back.
    public var stored: [UInt8]? {
        get { bytes.withLock { $0 } }
        set { bytes.withLock { $0 = newValue } }
    }
}
