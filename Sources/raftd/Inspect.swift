import ArgumentParser
import RaftNode

/// `raftd inspect`
struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads the data directory of a stopped node and verifies every checksum in it.",
        discussion: "Changes nothing. Exits 0 when everything is as it was written, 1 when it is damaged, in use or "
            + "no data directory.")

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json
    }

    @Argument(help: "The directory that node.data names.")
    var dataDirectory: String

    @Option(help: ArgumentHelp("text or json.", valueName: "format"))
    var output = Format.text

    @Option(help: ArgumentHelp("The storage module that wrote it.", valueName: "module"))
    var storage = "lmdb"

    func run() throws {
        let result: InspectionReport
        do {
            result = try makeRegistry().storage(storage).inspection(of: dataDirectory)
        } catch let error as RegistryError {
            report(error)
            throw ExitStatus.usage
        } catch {
            report(error)
            throw ExitStatus.failed
        }
        raftd.output(output == .json ? try result.json() : result.text)
        if !result.isIntact { throw ExitStatus.failed }
    }
}
