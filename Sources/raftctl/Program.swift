import ArgumentParser
import Glibc

/// Runs `raftctl` and turns every failure into one line on standard error and an exit code.
@main
enum Program {
    static func main() async {
        // A reader that went away is an error of `write`, not a silent end.
        signal(SIGPIPE, SIG_IGN)
        do {
            try ArgumentCheck.check()
            var command = try Raftctl.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            CommandTrace.end()
        } catch let failure as Failure {
            CommandTrace.end(failure.message)
            StandardOutput.writeError("raftctl: \(failure.message)\n")
            exit(failure.status.rawValue)
        } catch {
            CommandTrace.end("\(error)")
            // Help and the version are thrown too, and written to standard output.
            guard Raftctl.exitCode(for: error) == .validationFailure else { Raftctl.exit(withError: error) }
            let message = Raftctl.message(for: error).prefix { !$0.isNewline }
            StandardOutput.writeError("raftctl: \(message): see raftctl --help\n")
            exit(ExitStatus.usage.rawValue)
        }
    }
}
