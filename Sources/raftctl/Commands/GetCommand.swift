import ArgumentParser
import RaftClient
import RaftKeyValue

/// `raftctl get`
struct GetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "get", abstract: "Prints the value of a key, unchanged.",
        discussion: "A newline follows on a terminal only. Exit code 2 when there is no such key.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(help: "The key.")
    var key: String

    @OptionGroup var freshness: FreshnessOptions

    func run() async throws {
        let machine = try global.keyValue()
        let answer = try await machine.answer(.get(key: Array(key.utf8)), freshness.consistency)
        await machine.close()
        guard case .value(let value) = answer else {
            throw Failure(.failed, "the node answered something else than a value")
        }
        guard let value else { throw Failure(.keyNotFound, "key not found: \(key)") }
        switch global.output {
        case .text: try StandardOutput.write(value + (StandardOutput.isTerminal ? [UInt8(ascii: "\n")] : []))
        case .json:
            try StandardOutput.write(JSON.object([("key", .string(key)), JSON.bytes("value", value)]).text + "\n")
        }
    }
}
