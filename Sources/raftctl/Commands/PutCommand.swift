import ArgumentParser
import RaftKeyValue

/// `raftctl put`
struct PutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "put", abstract: "Sets the value of a key; prints the index in the log.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(help: "The key.")
    var key: String

    @Argument(help: "The value; - reads it from standard input. Write -- before one that begins with a dash.")
    var value: String

    func run() async throws {
        let machine = try global.keyValue()
        let (_, index) = try await machine.apply(.put(key: Array(key.utf8), value: try ValueArgument.bytes(value)))
        await machine.close()
        try global.show(index)
    }
}
