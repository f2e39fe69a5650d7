import ArgumentParser
import Glibc
import RaftClient
import RaftCore
import RaftMembership

/// `raftctl backup`
struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Writes a copy of the state to a file; prints its size, its position in the log and its checksum.",
        discussion: """
            The leader takes a snapshot, so that everything acknowledged before the call is in it. The file is written \
            under another name, and gets its own when all of it is there, verified and synced. With --verify no node is \
            asked: the file is read, and every checksum in it compared.

            Waits a minute for each answer unless --timeout says otherwise: taking the snapshot of a large state is one.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(help: "The file to write, or with --verify to read.")
    var file: String

    @Flag(name: .long, help: "Replace the file when it is there already.")
    var force = false

    @Flag(name: .long, help: "Check a file that is there, and ask nobody.")
    var verify = false

    @Flag(
        name: .long,
        help: "Take what the node asked has applied, leader or not: what was acknowledged lately may be missing.")
    var stale = false

    func validate() throws {
        if verify, force || stale { throw ValidationError("--verify writes nothing: leave --force and --stale away") }
    }

    func run() async throws {
        let (header, size) = verify ? try read() : try await write()
        try BackupReport(header: header, fileBytes: size).show(global.output)
    }

    private func read() throws -> (BackupHeader, UInt64) {
        try onFile { () throws(StorageError) in
            let reader = try BackupFileReader(file)
            try reader.verify()
            return (reader.header, reader.fileBytes)
        }
    }

    private func write() async throws -> (BackupHeader, UInt64) {
        let client = try global.client(standardTimeout: .seconds(60))
        for attempt in 1... {
            let writer = try onFile { () throws(StorageError) in try BackupFileWriter(to: file, replacing: force) }
            do {
                let written = try await client.backup(to: writer, stale: stale, taken: Self.now)
                await client.close()
                return written
            } catch let error as RaftClientError {
                // The node went away in the middle, or came back with another snapshot: some node takes one of its own.
                let again: [RaftClientError.Code] = [
                    .connectionLost, .unreachable, .timedOut, .stopped, .snapshotFailed,
                ]
                guard attempt < 3, writer.hasBegun, again.contains(error.code) else {
                    throw Failure(error, isChange: false)
                }
            } catch let error as StorageError {
                throw Failure(error)
            }
        }
        preconditionFailure("the last attempt returns or throws")
    }

    /// Milliseconds since 1970.
    private static var now: UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return UInt64(clamping: time.tv_sec) * 1000 + UInt64(clamping: time.tv_nsec / 1_000_000)
    }
}

/// Turns what is wrong with a file into a `Failure`.
func onFile<Value>(_ body: () throws(StorageError) -> Value) throws(Failure) -> Value {
    do {
        return try body()
    } catch {
        throw Failure(error)
    }
}

extension Failure {
    init(_ error: StorageError) {
        // A file that is there is the one case in which nothing is wrong with it.
        let isThere = error.code == .misuse
        self.init(
            isThere ? .refused : .failed, isThere ? "\(error.message): give --force to replace it" : error.message)
    }
}

/// What commands say of a backup.
struct BackupReport {
    var header: BackupHeader
    var fileBytes: UInt64

    private var checksum: String {
        let digits = String(header.snapshot.checksum, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    func show(_ format: OutputFormat, _ more: [(String, JSON)] = [], text: String = "") throws(Failure) {
        let snapshot = header.snapshot
        switch format {
        case .text:
            try StandardOutput.write(
                "\(fileBytes) bytes, through entry \(snapshot.last), checksum \(checksum), of cluster "
                    + "\(snapshot.cluster)\(text)\n")
        case .json:
            let members = snapshot.configuration.membership.members.map { JSON.number($0.member.id.rawValue) }
            let object: [(String, JSON)] = [
                ("bytes", .number(fileBytes)), ("index", .number(snapshot.last.index.rawValue)),
                ("term", .number(snapshot.last.term.rawValue)), ("checksum", .string(checksum)),
                ("stateBytes", .number(snapshot.size)), ("cluster", .string("\(snapshot.cluster)")),
                ("clusterName", .string(header.clusterName)), ("machine", .string(header.machine)),
                ("node", .number(header.node.rawValue)), ("takenMs", .number(header.taken)),
                ("members", .array(members)),
            ]
            try StandardOutput.write(JSON.object(object + more).text + "\n")
        }
    }
}
