import Foundation
import RaftClient
import RaftCore
import RaftKeyValue
import RaftMembership
import Testing

/// A cluster of real `raftd` processes in a directory of its own, over Unix sockets with LMDB.
final class ProcessCluster {
    let directory: URL
    let ids: [Int]
    /// Beside the members: they belong to nothing until they are added.
    let spares: [Int]
    private(set) var nodes: [Int: NodeProcess] = [:]
    var environment: [Int: [String: String]] = [:]
    private let isRelayed: Bool

    /// - Parameter isRelayed: members reach one another at `memberAddress`, where something must forward.
    init(size: Int = 3, spares: Int = 0, isRelayed: Bool = false) throws {
        self.isRelayed = isRelayed
        // Socket paths are short, so the directory's is too.
        directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "raft-" + String(UInt32.random(in: 0...UInt32.max), radix: 36))
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        ids = Array(1...size)
        self.spares = Array(ids.count + 1..<ids.count + 1 + spares)
        for id in ids + self.spares {
            try configuration(of: id, isSpare: id > size)
                .write(to: path("\(id).yaml"), atomically: true, encoding: .utf8)
        }
    }

    /// Ends every process by its own id; a failed test leaves the directory behind.
    func tearDown(keepFiles: Bool = false) {
        for node in nodes.values where node.isRunning {
            node.signal(SIGCONT)
            node.signal(SIGKILL)
        }
        if !keepFiles { try? FileManager.default.removeItem(at: directory) }
    }

    func path(_ name: String) -> URL { directory.appendingPathComponent(name) }
    func peerAddress(_ id: Int) -> String { "unix:" + path("\(id).sock").path }
    /// Where the others reach a node.
    func memberAddress(_ id: Int) -> String {
        isRelayed ? "unix:" + path("\(id).relay.sock").path : peerAddress(id)
    }
    func clientAddress(_ id: Int) -> String { "unix:" + path("\(id).client.sock").path }
    func log(of id: Int) -> String { (try? String(contentsOf: path("\(id).log"), encoding: .utf8)) ?? "" }

    /// A node beside the members, which belongs to nothing until it is added.
    func startSpare(_ id: Int) throws {
        try configuration(of: id, isSpare: true).write(to: path("\(id).yaml"), atomically: true, encoding: .utf8)
        try start(id)
    }

    private func configuration(of id: Int, isSpare: Bool = false) -> String {
        let members = (isSpare ? [] : ids).map { "\"\($0)=\(memberAddress($0))\"" }.joined(separator: ", ")
        return """
            cluster: test
            node: { id: \(id), data: \(path("\(id)").path) }
            storage: { module: lmdb }
            transport: { module: unix, listen: ["\(peerAddress(id))"] }
            clients: { listen: ["\(clientAddress(id))"] }
            machine: { module: keyvalue }
            members: [\(members)]
            bootstrap: \(!isSpare)
            tracing: { sink: json, level: info }
            """
    }

    func start(_ id: Int) throws {
        nodes[id] = try NodeProcess(
            "raftd", ["run", "--config", path("\(id).yaml").path], log: path("\(id).log"),
            environment: environment[id] ?? [:])
    }

    func startAll() throws { for id in ids { try start(id) } }

    /// SIGKILL, and gone when it returns.
    func kill(_ id: Int) async {
        guard let node = nodes[id] else { return }
        node.signal(SIGKILL)
        await node.waitForExit()
    }

    func client(_ ids: [Int]? = nil, followsLeader: Bool = true, timeout: Duration = .seconds(10)) throws -> RaftClient
    {
        RaftClient(
            endpoints: try (ids ?? self.ids).map { try RaftAddress(clientAddress($0)) }, timeout: timeout,
            followsLeader: followsLeader)
    }

    /// What this very node says of itself; nil while it does not answer.
    func status(of id: Int) async throws -> NodeStatus? {
        let client = try client([id], followsLeader: false, timeout: .seconds(1))
        let status = try? await client.status()
        await client.close()
        return status
    }

    /// The node that says it leads.
    func leader(among ids: [Int]? = nil) async throws -> Int {
        try await poll("a leader is elected") {
            for id in ids ?? self.ids where nodes[id]?.isRunning == true {
                if try await status(of: id)?.role == "leader" { return id }
            }
            return nil
        }
    }
}

/// Asks until there is an answer, or half a minute has passed.
func poll<Value>(_ what: String, within seconds: Double = 30, _ ask: () async throws -> Value?) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + .seconds(seconds)
    while clock.now < deadline {
        if let value = try await ask() { return value }
        // Gives the processors to the processes between two looks; nothing depends on how long.
        try await Task.sleep(for: .milliseconds(10))
    }
    throw Overdue(what: what)
}

struct Overdue: Error, CustomStringConvertible {
    var what: String
    var description: String { "waited in vain: \(what)" }
}

extension RaftClient {
    /// - Returns: the log index.
    func put(_ key: String, _ value: String) async throws -> LogIndex {
        let command = try KeyValueCommand.put(key: Array(key.utf8), value: Array(value.utf8)).encoded()
        let (_, index) = try await proposeForIndex(command)
        return try #require(index)
    }

    func get(_ key: String, consistency: ReadConsistency = .linearizable) async throws -> String? {
        let answer = try await query(
            try KeyValueQuery.get(key: Array(key.utf8)).encoded(), consistency: consistency)
        guard case .value(let value) = try answer.withUnsafeBytes({ try KeyValueAnswer(decoding: $0) }) else {
            return nil
        }
        return value.map { String(decoding: $0, as: UTF8.self) }
    }

    /// Everything below a prefix.
    func list(
        _ prefix: String, consistency: ReadConsistency = .linearizable
    ) async throws -> [String: String] {
        var found: [String: String] = [:]
        var after: [UInt8]?
        while true {
            let answer = try await query(
                try KeyValueQuery.list(prefix: Array(prefix.utf8), limit: 10_000, after: after).encoded(),
                consistency: consistency)
            guard
                case .entries(let entries, let more) = try answer.withUnsafeBytes({ try KeyValueAnswer(decoding: $0) })
            else { return found }
            for entry in entries {
                found[String(decoding: entry.key, as: UTF8.self)] = String(decoding: entry.value, as: UTF8.self)
            }
            guard more, let last = entries.last else { return found }
            after = last.key
        }
    }
}
