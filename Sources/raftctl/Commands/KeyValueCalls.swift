import RaftClient
import RaftCore
import RaftKeyValue
import RaftMembership

/// The key-value machine, asked through a client.
struct KeyValueCalls {
    private let client: RaftClient
    /// Opened with the first change: a change is applied once, however often it is sent.
    private let session: RaftClientSession

    init(_ client: RaftClient) {
        self.client = client
        session = client.makeSession()
    }

    /// - Returns: the output, and the command's index in the log when the node tells it.
    func apply(_ command: KeyValueCommand) async throws(Failure) -> (output: KeyValueOutput, index: LogIndex?) {
        let bytes = try Self.coding(.refused) { () throws(KeyValueCodingError) in try command.encoded() }
        let (output, index) = try await asking(isChange: true) { () async throws(RaftClientError) in
            try await session.proposeForIndex(bytes)
        }
        return (try Self.decode(output) { try KeyValueOutput(decoding: $0) }, index)
    }

    func answer(_ query: KeyValueQuery, _ consistency: ReadConsistency) async throws(Failure) -> KeyValueAnswer {
        let bytes = try Self.coding(.refused) { () throws(KeyValueCodingError) in try query.encoded() }
        let answer = try await asking { () async throws(RaftClientError) in
            try await client.query(bytes, consistency: consistency)
        }
        return try Self.decode(answer) { try KeyValueAnswer(decoding: $0) }
    }

    /// The keys that begin with `prefix` and their values, in the order of the keys' bytes: in parts, each of one moment.
    func list(
        _ prefix: String, _ consistency: ReadConsistency,
        _ part: ([KeyValueEntry], _ isLast: Bool) throws(Failure) -> Void
    ) async throws(Failure) {
        var after: [UInt8]?
        while true {
            let answer = try await answer(
                .list(prefix: Array(prefix.utf8), limit: UInt32(KeyValueLimits.listEntries), after: after), consistency)
            guard case .entries(let entries, let more) = answer else {
                throw Failure(.failed, "the node answered something else than a list")
            }
            let next = more ? entries.last : nil
            try part(entries, next == nil)
            guard let next else { return }
            after = next.key
        }
    }

    func close() async {
        await session.close()
        await client.close()
    }

    private static func decode<Value>(
        _ bytes: [UInt8], _ body: (UnsafeRawBufferPointer) throws -> Value
    ) throws(Failure) -> Value {
        do {
            return try bytes.withUnsafeBytes { try body($0) }
        } catch {
            throw Failure(.failed, "the answer is none of the key-value machine's: \(error)")
        }
    }

    private static func coding<Value>(
        _ status: ExitStatus, _ body: () throws(KeyValueCodingError) -> Value
    ) throws(Failure) -> Value {
        do {
            return try body()
        } catch {
            throw Failure(status, "\(error)")
        }
    }
}

extension GlobalOptions {
    func keyValue() throws(Failure) -> KeyValueCalls { KeyValueCalls(try client()) }

    /// Prints where in the log a change is.
    func show(_ index: LogIndex?) throws(Failure) {
        switch output {
        case .text: try StandardOutput.write(index.map { "\($0)\n" } ?? "")
        case .json: try StandardOutput.write(JSON.object([("index", .number(index?.rawValue))]).text + "\n")
        }
    }
}

/// Bytes on one line of a message or a list: a backslash, a tab and the ends of lines are written `\\`, `\t`, `\n`, `\r`.
func escaped(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    for byte in bytes {
        switch byte {
        case UInt8(ascii: "\\"): result += Array(#"\\"#.utf8)
        case UInt8(ascii: "\t"): result += Array(#"\t"#.utf8)
        case UInt8(ascii: "\n"): result += Array(#"\n"#.utf8)
        case UInt8(ascii: "\r"): result += Array(#"\r"#.utf8)
        default: result.append(byte)
        }
    }
    return result
}
