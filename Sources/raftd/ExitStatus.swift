import ArgumentParser
import Glibc
import RaftNode

/// What a failure means to whoever started the program.
enum ExitStatus {
    /// It could not be done: a locked directory, an occupied address, a damaged file.
    static let failed = ExitCode(1)
    /// The command line or the configuration is wrong.
    static let usage = ExitCode(64)
    /// The data is gone, older than it was, or a copy, and nobody could take the node in again (rule M10).
    static let amnesiac = ExitCode(65)
    /// The node ran and stopped itself.
    static let stoppedItself = ExitCode(70)
}

/// Says in one line on standard error what happened.
func report(_ error: any Error) {
    let line = "raftd: " + "\(error)".onOneLine + "\n"
    // Standard error may be closed; there is nobody left to tell then.
    _ = line.withCString { write(STDERR_FILENO, $0, line.utf8.count) }
}

/// Writes to standard output, all of it.
func output(_ text: String) {
    print(text, terminator: "")
    fflush(nil)
}
