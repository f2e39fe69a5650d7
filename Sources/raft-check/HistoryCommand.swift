import ArgumentParser
import Foundation
import RaftTesting

/// `raft-check history`: whether a recorded history is linearizable.
struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "Checks a recorded history for linearizability.",
        discussion: """
            A history is text, one event a line:

                EVENT PROCESS OPERATION KEY [VALUE...] [@TIME]

                invoke 1 write x 4            process 1 calls: write 4 to x
                ok 1 write x 4                it is done
                invoke 2 cas x 4 5            process 2 calls: if x is 4, make it 5
                mismatch 2 cas x 4 5          it found another value
                invoke 3 read x
                ok 3 read x "a b\\x00"         it read these bytes; nil stands for no value
                invoke 1 delete x
                unknown 1 delete x            it may take effect at any time from here on, or never
                invoke 2 write x 6
                fail 2 write x 6              it certainly never takes place

            A process has one operation under way at a time; a completion repeats its call. Words with spaces, quotes, \
            #, @, backslashes or bytes outside of printable ASCII stand in quotes, with \\", \\\\, \\n, \\t, \\r and \\xHH. \
            # begins a comment. Events are ordered by @TIME where every line has one, a number in any unit; otherwise by \
            their lines. Keys are absent at the start.

            Logs of Jepsen's tests on a register are read too, and recognized by themselves.

            Exit status: 0 linearizable, 1 not linearizable, 2 undecided within the budget, 64 wrong usage or a file that \
            cannot be read.
            """)

    /// The names of the formats on the command line.
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case auto
        case lines
        case jepsen

        var format: HistoryFormat {
            switch self {
            case .auto: .automatic
            case .lines: .lines
            case .jepsen: .jepsen
            }
        }
    }

    @Argument(help: "The file; - is standard input.", completion: .file())
    var file: String

    @Flag(help: "Print the operations that conflict.")
    var explain = false

    @Option(help: "How the file is written: auto, lines or jepsen.")
    var format = Format.auto

    @Option(help: ArgumentHelp("For each key, how many choices may be tried.", valueName: "steps"))
    var budget = 5_000_000

    func validate() throws {
        guard budget > 0 else { throw ValidationError("--budget must be at least 1, not \(budget)") }
    }

    func run() throws {
        let operations = try read()
        switch LinearizabilityChecker(stepBudget: budget).check(operations) {
        case .linearizable:
            let keys = Set(operations.map { Array($0.key.utf8) }).count
            let open = operations.count { $0.returned == nil }
            print("linearizable: \(operations.count) operations on \(keys) keys, \(open) of unknown outcome")
        case .violation(let violation):
            let text = explain ? violation.description : violation.summary
            print("not linearizable: \(text)")
            throw ExitCode(1)
        case .undecided(let undecided):
            print("\(Verdict.undecided(undecided)); try a larger --budget")
            throw ExitCode(2)
        }
    }

    private func read() throws -> [HistoryOperation] {
        do {
            let bytes: Data?
            if file == "-" {
                bytes = try FileHandle.standardInput.readToEnd()
            } else {
                bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            }
            return try HistoryReader(file: file).read(bytes ?? Data(), format: format.format)
        } catch let error as HistoryFormatError {
            throw complaint(error.description)
        } catch {
            throw complaint("\(file): cannot be read: \(error.localizedDescription)")
        }
    }

    private func complaint(_ message: String) -> ExitCode {
        FileHandle.standardError.write(Data("raft-check: \(message)\n".utf8))
        return ExitCode(64)
    }
}
