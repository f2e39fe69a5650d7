import ArgumentParser
import RaftClient
import RaftKeyValue

/// `raftctl watch`
struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Prints keys and values as list does, and then what changes, until interrupted.",
        discussion: """
            A line for each key that is new or has another value, and for one that is gone the key alone, without a tab; as \
            JSON one object a line, with the value null then. The keys are listed again every second, or as --interval says, \
            and compared: what changes twice between two looks shows once. While no node answers it says so on standard \
            error, and goes on. The keys and values that are watched are held in memory.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Argument(help: "Only keys that begin so.")
    var prefix: String = ""

    @Option(help: ArgumentHelp("How long to wait between two looks, such as 200ms or 5s.", valueName: "duration"))
    var interval = TimeArgument(.seconds(1))

    @OptionGroup var freshness: FreshnessOptions

    func run() async throws {
        let machine = try global.keyValue()
        var keys = WatchedKeys()
        var hasLooked = false
        var isCutOff = false
        // Ends when the process is interrupted.
        while true {
            if let failure = await look(machine, &keys) {
                guard hasLooked, failure.status == .unreachable else { throw failure }
                keys.abandonLook()
                if !isCutOff { StandardOutput.writeError("raftctl: \(failure.message); still trying\n") }
                isCutOff = true
            } else {
                hasLooked = true
                if isCutOff { StandardOutput.writeError("raftctl: the keys can be read again\n") }
                isCutOff = false
            }
            try await Task.sleep(for: interval.duration)
        }
    }

    /// - Returns: what kept it from looking at every key.
    private func look(_ machine: KeyValueCalls, _ keys: inout WatchedKeys) async -> Failure? {
        do {
            try await machine.list(prefix, freshness.consistency) { (entries, isLast) throws(Failure) in
                try show(keys.add(entries, isLast: isLast))
            }
            return nil
        } catch {
            return error
        }
    }

    private func show(_ changes: [WatchedKeys.Change]) throws(Failure) {
        var bytes: [UInt8] = []
        for change in changes {
            switch global.output {
            case .text:
                bytes += escaped(change.key)
                if let value = change.value { bytes += [UInt8(ascii: "\t")] + escaped(value) }
            case .json:
                var members = [JSON.bytes("key", change.key)]
                if let value = change.value {
                    members.append(JSON.bytes("value", value))
                } else {
                    members.append(("value", JSON.null))
                }
                bytes += Array(JSON.object(members).text.utf8)
            }
            bytes.append(UInt8(ascii: "\n"))
        }
        try StandardOutput.write(bytes)
    }
}
