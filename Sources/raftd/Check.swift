import ArgumentParser
import RaftNode

/// `raftd check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the effective configuration and where each value comes from, or says what is wrong.",
        discussion: "Opens nothing and listens nowhere. Exits 0, or 64 when the configuration is wrong.")

    @OptionGroup var options: ConfigurationOptions

    func run() throws {
        do {
            output(try options.load(try makeRegistry()).report)
        } catch {
            report(error)
            throw ExitStatus.usage
        }
    }
}
