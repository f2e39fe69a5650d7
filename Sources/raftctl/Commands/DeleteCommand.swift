import ArgumentParser
import RaftKeyValue

/// `raftctl delete`
struct DeleteCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Removes a key; prints the index in the log.",
        discussion: "Exit code 2 when there is no such key.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(help: "The key.")
    var key: String

    func run() async throws {
        let machine = try global.keyValue()
        let (output, index) = try await machine.apply(.delete(key: Array(key.utf8)))
        await machine.close()
        if case .notFound = output { throw Failure(.keyNotFound, "key not found: \(key)") }
        try global.show(index)
    }
}
