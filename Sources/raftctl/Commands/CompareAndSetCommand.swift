import ArgumentParser
import RaftKeyValue

/// `raftctl cas`
struct CompareAndSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cas", abstract: "Sets the value of a key if it has the old value; prints the index in the log.",
        discussion: "Exit code 4 when the key has another value or is not there.")

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(help: "The key.")
    var key: String

    @Argument(help: "The value that the key must have; - reads it from standard input.")
    var old: String

    @Argument(help: "The value to set; - reads it from standard input.")
    var new: String

    func validate() throws {
        if old == "-", new == "-" { throw ValidationError("only one of the two values can come from standard input") }
    }

    func run() async throws {
        let machine = try global.keyValue()
        let (output, index) = try await machine.apply(
            .compareAndSet(
                key: Array(key.utf8), expected: try ValueArgument.bytes(old), new: try ValueArgument.bytes(new)))
        await machine.close()
        if case .mismatch(let current) = output {
            guard let current else { throw Failure(.refused, "nothing was changed: key \(key) is not there") }
            let shown = String(decoding: escaped(Array(current.prefix(100))), as: UTF8.self)
            let rest = current.count > 100 ? "…" : ""
            throw Failure(.refused, "nothing was changed: the value of key \(key) is \(shown)\(rest)")
        }
        try global.show(index)
    }
}
