import RaftCore

/// A limit of `RaftConfiguration` under the name of its key. The table of keys and the configuration are both made from
/// this list, so that they cannot drift apart.
struct RaftLimit: Sendable {
    let name: String
    let path: any WritableKeyPath<RaftConfiguration, Int> & Sendable
    let isBytes: Bool
    let range: ClosedRange<Int>
    let summary: String

    var key: String { "raft.\(name)" }

    static let all: [RaftLimit] = [
        RaftLimit(
            name: "leaseDrift", path: \.leaseDrift, isBytes: false, range: 0...100,
            summary: "Percent by which two nodes' clocks may differ in pace, taken off leases; 100 grants none"),
        RaftLimit(
            name: "maximumCommandBytes", path: \.maximumCommandBytes, isBytes: true, range: 1...1 << 28,
            summary: "A command may not be larger"),
        RaftLimit(
            name: "maximumUncommittedBytes", path: \.maximumUncommittedBytes, isBytes: true, range: 1...1 << 31,
            summary: "Appended and not committed on a leader; beyond, proposals are refused as overloaded"),
        RaftLimit(
            name: "maximumRequestBytes", path: \.maximumRequestBytes, isBytes: true, range: 1...1 << 28,
            summary: "Entries in one request to a peer; a larger entry goes alone"),
        RaftLimit(
            name: "windowEntries", path: \.windowEntries, isBytes: false, range: 1...1 << 24,
            summary: "Entries in flight to one peer"),
        RaftLimit(
            name: "windowBytes", path: \.windowBytes, isBytes: true, range: 1...1 << 31,
            summary: "Bytes of entries in flight to one peer"),
        RaftLimit(
            name: "windowRequests", path: \.windowRequests, isBytes: false, range: 1...1 << 16,
            summary: "Requests in flight to one peer"),
        RaftLimit(
            name: "cacheBytes", path: \.cacheBytes, isBytes: true, range: 1 << 16...1 << 40,
            summary: "Recent entries kept in memory"),
        RaftLimit(
            name: "inboxCalls", path: \.inboxCalls, isBytes: false, range: 1...1 << 24,
            summary: "Proposals and reads waiting in the node; beyond, they are refused as overloaded"),
        RaftLimit(
            name: "inboxMessages", path: \.inboxMessages, isBytes: false, range: 16...1 << 24,
            summary: "Messages of peers waiting in the node; beyond, they are dropped"),
        RaftLimit(
            name: "applyBatch", path: \.applyBatch, isBytes: false, range: 1...1 << 20,
            summary: "Entries handed to the machine in one step"),
        RaftLimit(
            name: "snapshotEntries", path: \.snapshotEntries, isBytes: false, range: 0...1 << 40,
            summary: "A snapshot is taken at every multiple of so many entries; 0 for no such policy"),
        RaftLimit(
            name: "snapshotBytes", path: \.snapshotBytes, isBytes: true, range: 0...1 << 40,
            summary: "A snapshot is taken after so many bytes of entries; 0 for no such policy"),
        RaftLimit(
            name: "snapshotRetained", path: \.snapshotRetained, isBytes: false, range: 0...1 << 40,
            summary: "Entries before a snapshot that stay in the log, for followers that are a little behind"),
        RaftLimit(
            name: "snapshotPinned", path: \.snapshotPinned, isBytes: false, range: 0...1 << 40,
            summary: "Entries that stay in a leader's log, at most, for followers in touch that are catching up"),
        RaftLimit(
            name: "snapshotChunkBytes", path: \.snapshotChunkBytes, isBytes: true, range: 1...1 << 26,
            summary: "Of a snapshot, in one message; not above raft.maximumRequestBytes"),
        RaftLimit(
            name: "snapshotWindow", path: \.snapshotWindow, isBytes: false, range: 1...1024,
            summary: "Chunks of a snapshot under way to one peer"),
        RaftLimit(
            name: "snapshotRate", path: \.snapshotRate, isBytes: true, range: 0...1 << 40,
            summary: "Of a snapshot, to one peer in a second; 0 for no limit"),
        RaftLimit(
            name: "maximumSessions", path: \.sessions.sessions, isBytes: false, range: 1...1 << 20,
            summary: "Client sessions; with one more, the one that was not used for longest expires"),
        RaftLimit(
            name: "sessionResults", path: \.sessions.results, isBytes: false, range: 1...1 << 20,
            summary: "Results that a client session keeps until its client has them"),
        RaftLimit(
            name: "sessionResultBytes", path: \.sessions.resultBytes, isBytes: true, range: 1...1 << 30,
            summary: "The same in bytes"),
    ]
}
