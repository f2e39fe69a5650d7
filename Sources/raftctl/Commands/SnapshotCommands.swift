import ArgumentParser
import RaftClient
import RaftCore
import RaftMembership

/// `raftctl snapshot`.
struct SnapshotCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "snapshot", abstract: "Takes a snapshot of a node's state, and cuts its log behind it.",
        discussion: "Of the leader; of exactly the node named with --no-follow. The log keeps the configured tail.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run() async throws { try await takeSnapshot(global, compacting: false) }
}

/// `raftctl compact`.
struct CompactCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compact", abstract: "Cuts a node's log behind a snapshot, without leaving a tail.",
        discussion: """
            Of the leader; of exactly the node named with --no-follow. A snapshot is taken unless there is one of all \
            that is applied. What followers in touch still need stays.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run() async throws { try await takeSnapshot(global, compacting: true) }
}

private func takeSnapshot(_ global: GlobalOptions, compacting: Bool) async throws {
    // That of a large state takes its time; a node whose answer does not come goes on with it.
    let client = try global.client(standardTimeout: .seconds(60))
    let (snapshot, purged) = try await asking(isChange: true) { () async throws(RaftClientError) in
        try await client.snapshot(compacting: compacting)
    }
    await client.close()
    let checksum = String(snapshot.checksum, radix: 16)
    switch global.output {
    case .text:
        try StandardOutput.write(
            "snapshot at entry \(snapshot.last), \(snapshot.size) bytes, checksum \(checksum); "
                + "the log begins after entry \(purged)\n")
    case .json:
        let object = JSON.object([
            ("index", .number(snapshot.last.index.rawValue)), ("term", .number(snapshot.last.term.rawValue)),
            ("bytes", .number(snapshot.size)), ("checksum", .string(checksum)),
            ("purgedIndex", .number(purged.rawValue)),
        ])
        try StandardOutput.write(object.text + "\n")
    }
}
