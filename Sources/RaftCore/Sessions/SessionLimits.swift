/// How long sessions live and how much they hold. The leader's values go into each entry that opens a session, so that all
/// nodes count by the same ones (rule W4); those of the last such entry hold for all sessions.
public struct SessionLimits: Hashable, Sendable {
    /// A session that was not used for so many nanoseconds of the leader's time expires.
    public var timeout: UInt64 = 3_600_000_000_000
    /// Open sessions; with one more the one that was not used for longest expires.
    public var sessions = 4096
    /// Results that one session keeps until the client has them; commands beyond are refused as *overloaded*.
    public var results = 1024
    /// The same in bytes; a command is refused when the results before it have reached so many.
    public var resultBytes = 1 << 20

    public init() {}

    static let timeouts: ClosedRange<UInt64> = 1_000_000...(1 << 61)
    static let counts: ClosedRange<Int> = 1...(1 << 20)
    static let sizes: ClosedRange<Int> = 1...(1 << 30)

    var isPossible: Bool {
        Self.timeouts.contains(timeout) && Self.counts.contains(sessions) && Self.counts.contains(results)
            && Self.sizes.contains(resultBytes)
    }

    /// Timeout (8), sessions (4), results (4), bytes of results (4).
    func encode(to writer: inout ByteWriter) {
        writer.write(timeout)
        writer.write(UInt32(clamping: sessions))
        writer.write(UInt32(clamping: results))
        writer.write(UInt32(clamping: resultBytes))
    }

    init(from reader: inout ByteReader) throws(WireError) {
        timeout = try reader.readBounded()
        sessions = Int(try reader.read(UInt32.self))
        results = Int(try reader.read(UInt32.self))
        resultBytes = Int(try reader.read(UInt32.self))
        guard isPossible else { throw .outOfBounds(reader.offset - 20) }
    }
}
