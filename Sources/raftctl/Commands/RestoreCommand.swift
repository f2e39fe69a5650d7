import ArgumentParser
import RaftClient
import RaftCore
import RaftKeyValue
import RaftMembership

/// `raftctl restore`
struct RestoreCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract:
            "Replaces the state of a running cluster by that of a backup; prints its size, position and checksum.",
        discussion: """
            Through the log: the cluster stays what it is, and clients go on. All of the backup is gathered on every node \
            first; then one entry puts it into the place of the present state, everywhere at once, so that nobody sees a \
            mixture. What was there before, and what is written meanwhile, is gone then: make a backup first. Until that \
            entry a restore has no effect. The key-value machine only; for others, and where there is no cluster any more, \
            see raftd restore.

            Exit codes: 0 done; 1 the file is damaged; 4 refused; 5 unknown whether it took effect.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(help: "The backup, as raftctl backup wrote it.")
    var file: String

    /// Entries of one command, in bytes: far below the largest command that is allowed by default. Where that is less, they
    /// are halved.
    private static let chunkBytes = 128 << 10

    func run() async throws {
        // Read and checked as a whole before anything is sent.
        let (reader, machine) = try Self.read(file)
        let client = try global.client(standardTimeout: .seconds(60))
        var restore = RunningRestore(client, chunkBytes: Self.chunkBytes)
        let restored: (before: UInt64, index: LogIndex?)
        do {
            restored = try await restore.run(machine.entries)
        } catch {
            await restore.close()
            throw error
        }
        await restore.close()
        let (before, index) = restored
        try BackupReport(header: reader.header, fileBytes: reader.fileBytes).show(
            global.output,
            [
                ("restoredAt", .number(index?.rawValue)), ("keys", .number(UInt64(machine.count))),
                ("keysBefore", .number(before)),
            ],
            text: ": its \(machine.count) keys took the place of the \(before) that were there"
                + (index.map { ", at entry \($0)" } ?? ""))
    }

    private static func read(_ file: String) throws -> (BackupFileReader, KeyValueMachine) {
        do {
            let reader = try BackupFileReader(file)
            try reader.verify()
            let header = reader.header
            guard header.machine.isEmpty || header.machine == "keyvalue" else {
                throw Failure(
                    .refused,
                    "\(file) is of machine \(header.machine), and only keyvalue can be restored through the log")
            }
            var machine = KeyValueMachine()
            try SnapshotBody.read(header.snapshot, from: reader, isCancelled: { false }) {
                try machine.restore(from: $0)
            }
            return (reader, machine)
        } catch let error as StorageError {
            throw Failure(.failed, error.message)
        }
    }
}

/// One restore through the log. Each of its commands may be sent again when its outcome is unknown: the machine knows by
/// their numbers what it has. So a change of leaders in the middle holds it up and no more.
private struct RunningRestore {
    /// In one session: opened for each command, they would take the places of other clients'.
    private let machine: KeyValueCalls
    private let id = UInt64.random(in: 1...UInt64.max)
    private var chunkBytes: Int
    /// How many the machine has.
    private var chunks: UInt32 = 0
    /// How often a command is sent whose outcome is unknown.
    private static let attempts = 10

    init(_ client: RaftClient, chunkBytes: Int) {
        machine = KeyValueCalls(client)
        self.chunkBytes = chunkBytes
    }

    func close() async { await machine.close() }

    /// - Returns: how many keys there were before, and the index of the entry that took effect.
    mutating func run(_ entries: KeyValueEntries) async throws(Failure) -> (before: UInt64, index: LogIndex?) {
        do {
            try await gather(entries)
        } catch {
            await abandon()
            // Whatever became of a chunk, without an end it is nothing.
            throw Self.withoutEffect(error.status == .unknown ? .unreachable : error.status, error.message)
        }
        let (output, index) = try await end(UInt64(entries.count))
        guard case .restored(let before, _) = output else {
            await abandon()
            throw Self.withoutEffect(.refused, Self.why(output))
        }
        return (before, index)
    }

    private func end(_ keys: UInt64) async throws(Failure) -> (KeyValueOutput, LogIndex?) {
        do {
            return try await apply(.endRestore(id, chunks: chunks, keys: keys))
        } catch {
            throw error.status == .unknown ? error : Self.withoutEffect(error.status, error.message)
        }
    }

    private static func withoutEffect(_ status: ExitStatus, _ message: String) -> Failure {
        Failure(status, "\(message): nothing was restored, the state is as it was")
    }

    private mutating func gather(_ entries: KeyValueEntries) async throws(Failure) {
        try await send(.beginRestore(id), expecting: 0)
        var batch: [KeyValueEntry] = []
        var size = 0
        for entry in entries {
            let more = entry.key.count + entry.value.count
            if !batch.isEmpty, size + more > chunkBytes || batch.count >= KeyValueLimits.listEntries {
                try await send(batch[...])
                (batch, size) = ([], 0)
            }
            batch.append(entry)
            size += more
        }
        if !batch.isEmpty { try await send(batch[...]) }
    }

    /// The next chunk; in two halves when the cluster takes no command so large.
    private mutating func send(_ batch: ArraySlice<KeyValueEntry>) async throws(Failure) {
        do {
            try await send(.restore(id, chunk: chunks, entries: Array(batch)), expecting: chunks + 1)
            chunks += 1
        } catch {
            guard error.code == .tooLarge, batch.count > 1 else { throw error }
            chunkBytes = max(1, chunkBytes / 2)
            let middle = batch.startIndex + batch.count / 2
            try await send(batch[..<middle])
            try await send(batch[middle...])
        }
    }

    private func send(_ command: KeyValueCommand, expecting next: UInt32) async throws(Failure) {
        let (output, _) = try await apply(command)
        guard output == .restoring(next: next) else { throw Failure(.refused, Self.why(output)) }
    }

    private static func why(_ output: KeyValueOutput) -> String {
        output == .noRestoration
            ? "another restore took the place of this one" : "the machine answered something else than was expected"
    }

    private func apply(_ command: KeyValueCommand) async throws(Failure) -> (KeyValueOutput, LogIndex?) {
        var attempt = 1
        while true {
            do {
                return try await machine.apply(command)
            } catch {
                // Sent once with an unknown outcome, it stays unknown whatever comes of sending it again.
                guard error.status == .unknown, attempt < Self.attempts else {
                    throw attempt > 1 ? Failure(.unknown, error.message) : error
                }
                attempt += 1
            }
        }
    }

    /// Has the machines forget what they gathered. Where that cannot be told them, the next restore does it.
    private func abandon() async { _ = try? await machine.apply(.abandonRestore(id)) }
}
