import Foundation
import Glibc

/// One raftd, started by its path and ended by its process id.
struct NodeProcess: Sendable {
    let id: UInt64
    let process: pid_t
    let clientAddress: String
    private let log: String

    /// - Parameters:
    ///   - program: the path of raftd.
    ///   - directory: its configuration, its records and its data go there.
    static func start(
        _ id: UInt64, program: String, configuration: String, clientAddress: String, in directory: String
    ) throws(BenchError) -> NodeProcess {
        let file = "\(directory)/\(id).yaml"
        let log = "\(directory)/\(id).log"
        do {
            try configuration.write(toFile: file, atomically: false, encoding: .utf8)
        } catch {
            throw BenchError("\(file) cannot be written: \(error.localizedDescription)")
        }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
        // Threads of the concurrency pool block signals; a child must not inherit that.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        // A group of its own, so that a terminal's interrupt comes to this program alone, which then ends its children.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
        let words: [String] = [program, "run", "--config", file]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var process: pid_t = 0
        let failure = posix_spawn(&process, program, &actions, &attributes, arguments, environ)
        guard failure == 0 else {
            throw BenchError("\(program) cannot be started: \(String(cString: strerror(failure)))")
        }
        Cleanup.shared.add(child: process)
        return NodeProcess(id: id, process: process, clientAddress: clientAddress, log: log)
    }

    /// Nil while it runs; else what it said last.
    var lastWords: String? {
        // Looked at and not collected: `stop` does that.
        var information = siginfo_t()
        guard waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) != 0 || information.si_signo != 0
        else { return nil }
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").last.map(String.init) ?? "it wrote nothing"
    }

    /// Asks all to end, and after three seconds makes them.
    static func stop(_ nodes: [NodeProcess]) {
        for node in nodes { kill(node.process, SIGTERM) }
        var running = nodes
        for _ in 0..<300 where !running.isEmpty {
            running.removeAll { waitpid($0.process, nil, WNOHANG) != 0 }
            if !running.isEmpty { usleep(10_000) }
        }
        for node in running {
            kill(node.process, SIGKILL)
            waitpid(node.process, nil, 0)
        }
        for node in nodes { Cleanup.shared.forget(child: node.process) }
    }
}
