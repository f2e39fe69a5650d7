/// How a node behaves. Times are in nanoseconds, sizes in bytes. The defaults suit a local network and disks that sync
/// within some milliseconds.
public struct RaftConfiguration: Hashable, Sendable {
    /// Between two heartbeats of a leader (§5.2).
    public var heartbeatInterval: UInt64 = 50_000_000
    /// The election timeout is drawn from this range anew for every campaign (§5.2, rule V11). Its lower bound is also
    /// how long a follower that heard from a leader refuses votes (rule V9).
    public var electionTimeout: ClosedRange<UInt64> = 150_000_000...300_000_000
    /// From 0, the last to campaign, to 10: lengthens this server's own election timeout by up to its upper bound, ever
    /// less with each timeout that passes without a leader, and not at all from the fourth on (rule V16). Never a reason to
    /// grant or refuse a vote.
    public var electionPriority = 10
    /// A leader whose oldest write is under way for longer hands over or steps down, and answers its callers *unknown*
    /// (rule D5). A server does not campaign while its disk hangs.
    public var diskStall: UInt64 = 2_000_000_000
    /// By how many hundredths the clocks of two servers may differ in pace: so much is taken off a leader's lease (rule R4).
    /// A hundred grants no leases: every lease read asks a quorum then. Clocks count the time of a suspend.
    public var leaseDrift = 10
    /// A command may not be larger.
    public var maximumCommandBytes = 4 << 20
    /// Appended but not committed bytes on a leader; beyond them proposals are *overloaded* (rule P8).
    public var maximumUncommittedBytes = 64 << 20
    /// Bytes of entries in one AppendEntries request; a single larger entry still goes.
    public var maximumRequestBytes = 1 << 20
    /// Entries in flight to one peer.
    public var windowEntries = 16_384
    /// Bytes of entries in flight to one peer.
    public var windowBytes = 8 << 20
    /// Requests in flight to one peer.
    public var windowRequests = 256
    /// Bytes of recent entries kept in memory.
    public var cacheBytes = 32 << 20
    /// Proposals and reads waiting in the node's inbox; beyond them they are *overloaded*.
    public var inboxCalls = 65_536
    /// Peer messages waiting in the node's inbox; beyond them they are dropped.
    public var inboxMessages = 16_384
    /// Entries handed to the machine in one step.
    public var applyBatch = 4096
    /// A snapshot is taken when the log reaches a multiple of so many entries (§7), but not before half the size of the last
    /// one was appended since; 0 for no such policy.
    public var snapshotEntries = 10_000
    /// The same when so many bytes of entries were appended since the last one; 0 for no such policy.
    public var snapshotBytes = 256 << 20
    /// The same so many nanoseconds after the start, and again; 0 for no such policy.
    public var snapshotInterval: UInt64 = 0
    /// Entries before a snapshot's position that stay in the log, for followers that are a little behind.
    public var snapshotRetained = 1000
    /// Entries that stay in a leader's log, at most, for followers in touch that are catching up (rule S5).
    public var snapshotPinned = 1_000_000
    /// Bytes of a snapshot in one message.
    public var snapshotChunkBytes = 256 << 10
    /// Chunks under way to one peer.
    public var snapshotWindow = 8
    /// Bytes of a snapshot that go to one peer in a second; 0 for as many as it takes.
    public var snapshotRate = 0
    /// Of client sessions (D§6.3). A leader's values hold for its cluster from the next session on that is opened.
    public var sessions = SessionLimits()
    #if TestBuild
        /// The one rule that this node breaks on purpose.
        package var mutation: Mutation?
    #endif

    public init() {}

    /// - Throws: `RaftError` code `configuration` naming the field and what would be right.
    public func validate() throws(RaftError) {
        func require(_ holds: Bool, _ message: String) throws(RaftError) {
            if !holds { throw RaftError(.configuration, message) }
        }
        let hour: UInt64 = 3_600_000_000_000
        try require((1_000_000...hour).contains(heartbeatInterval), "heartbeat must be between 1ms and 1h")
        try require(
            electionTimeout.lowerBound >= 2 * heartbeatInterval,
            "election must begin at twice the heartbeat or more, so that one lost heartbeat costs no election")
        try require(electionTimeout.upperBound <= hour, "election must not end above 1h")
        try require(
            electionTimeout.upperBound >= electionTimeout.lowerBound + electionTimeout.lowerBound / 4,
            "election must span at least a quarter of its lower bound, so that split votes end")
        try require((0...10).contains(electionPriority), "electionPriority must be between 0 and 10")
        try require(
            (2 * heartbeatInterval...hour).contains(diskStall), "diskStall must be between twice the heartbeat and 1h")
        try require((0...100).contains(leaseDrift), "leaseDrift must be between 0 and 100")
        try require((1...(1 << 28)).contains(maximumCommandBytes), "maximumCommandBytes must be between 1 and 2^28")
        try require(
            (1...(1 << 31)).contains(maximumUncommittedBytes), "maximumUncommittedBytes must be between 1 and 2^31")
        try require((1...(1 << 28)).contains(maximumRequestBytes), "maximumRequestBytes must be between 1 and 2^28")
        try require(
            [windowEntries, windowBytes, windowRequests].allSatisfy((1...(1 << 31)).contains),
            "windowEntries, windowBytes and windowRequests must be between 1 and 2^31")
        try require(cacheBytes >= 1 << 16, "cacheBytes must be at least 65536")
        try require(inboxCalls >= 1 && inboxMessages >= 16, "inboxCalls must be positive, inboxMessages at least 16")
        try require(applyBatch >= 1, "applyBatch must be positive")
        try require(
            [snapshotEntries, snapshotBytes, snapshotRetained, snapshotPinned, snapshotRate].allSatisfy { $0 >= 0 },
            "snapshotEntries, snapshotBytes, snapshotRetained, snapshotPinned and snapshotRate must not be negative")
        try require(
            (1...min(1 << 26, maximumRequestBytes)).contains(snapshotChunkBytes),
            "snapshotChunkBytes must be between 1 and 2^26, and not above maximumRequestBytes")
        try require((1...1024).contains(snapshotWindow), "snapshotWindow must be between 1 and 1024")
        try require(
            SessionLimits.timeouts.contains(sessions.timeout), "sessionTimeout must be between 1ms and 2^61 ns")
        try require(
            SessionLimits.counts.contains(sessions.sessions) && SessionLimits.counts.contains(sessions.results),
            "maximumSessions and sessionResults must be between 1 and 2^20")
        try require(
            SessionLimits.sizes.contains(sessions.resultBytes), "sessionResultBytes must be between 1 and 2^30")
        try require(
            snapshotInterval == 0 || snapshotInterval >= 1_000_000_000, "snapshotInterval must be 0 or at least 1s")
    }

    /// For how long a voter that has heard its leader votes for nobody else: a constant, so that it is persisted once
    /// (rules R4, R6).
    package var promise: UInt64 { electionTimeout.lowerBound }

    /// No message between peers is larger, a margin for heads included.
    public var maximumMessageBytes: Int { max(maximumRequestBytes, maximumCommandBytes) + (64 << 10) }
}
