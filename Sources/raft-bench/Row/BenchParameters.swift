import ArgumentParser

/// Where the nodes of a row live.
enum Level: String, CaseIterable, ExpressibleByArgument, Sendable { case inprocess, processes }
/// What the nodes of a row write to.
enum StorageKind: String, CaseIterable, ExpressibleByArgument, Sendable { case memory, lmdb }
/// How the nodes of a row talk to each other.
enum TransportKind: String, CaseIterable, ExpressibleByArgument, Sendable { case memory, unix, tcp }
/// How results are printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument, Sendable { case text, json }

/// One row: what is started and how it is loaded.
struct BenchParameters: Hashable, Sendable {
    var level = Level.inprocess
    var nodes = 3
    var storage = StorageKind.memory
    var transport = TransportKind.memory
    var clients = 1
    /// Bytes of a command (`inprocess`), or of a value (`processes`).
    var size = 16
    /// The share of operations that are linearizable reads.
    var readRatio = 0.0
    /// Seconds that are measured, after a warm-up of a fifth of it.
    var duration = 5.0
    /// So many operations in place of seconds, without a warm-up, so that what they cost can be counted.
    var operations: Int?
    /// Commands that a client proposes in one call.
    var batch = 1
    var tracing = TraceParameters()

    /// - Throws: one line that names the option and what would be right.
    func validate() throws(BenchError) {
        func require(_ holds: Bool, _ message: String) throws(BenchError) {
            if !holds { throw BenchError(message, isUsage: true) }
        }
        try require((1...9).contains(nodes), "--nodes must be between 1 and 9")
        try require((1...60_000).contains(clients), "--clients must be between 1 and 60000")
        try require((1...1 << 20).contains(size), "--size must be between 1 and 1048576 bytes")
        try require((0...1).contains(readRatio), "--read-ratio must be between 0 and 1")
        try require(duration >= 0.05 && duration <= 86_400, "--duration must be between 0.05 and 86400 seconds")
        try require(
            level == .inprocess || transport != .memory,
            "--transport memory works in one process only: choose unix or tcp with --level processes")
        if let operations {
            try require(level == .inprocess, "--operations works in one process only: choose --level inprocess")
            try require(
                (clients...1_000_000_000).contains(operations),
                "--operations must be between the number of clients, \(clients), and 1000000000")
        }
        try require((1...4096).contains(batch), "--batch must be between 1 and 4096")
        try require(
            batch == 1 || (operations != nil && readRatio == 0), "--batch needs --operations, and no --read-ratio")
        try tracing.validate(level)
    }
}

/// Why a row could not be measured, in one line.
struct BenchError: Error, CustomStringConvertible, Sendable {
    let description: String
    /// The command line is wrong.
    let isUsage: Bool

    init(_ description: String, isUsage: Bool = false) {
        self.description = description
        self.isUsage = isUsage
    }
}
