import ArgumentParser
import RaftTracing

/// `raftd events`
struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Lists the kinds of event that nodes record, with their levels, ids and fields, as tables in Markdown.")

    @Flag(help: "Print a message catalogue for journald instead, as journalctl --update-catalog reads it.")
    var catalogue = false

    func run() throws { output(catalogue ? EventCatalogue.journal : EventCatalogue.markdown) }
}
