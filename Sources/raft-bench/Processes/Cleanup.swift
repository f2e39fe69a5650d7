import Foundation
import Glibc
import RaftThreads
import Synchronization

/// What must not outlive the program: processes it started and directories it made. Ends them on SIGINT and SIGTERM too.
final class Cleanup: Sendable {
    static let shared = Cleanup()

    private struct State {
        var children: Set<pid_t> = []
        var directories: Set<String> = []
        var watcher: WorkerThread?
    }

    private let state = Mutex(State())

    /// Call before any other thread is started: signals are then blocked in all of them and come to one that waits.
    func watchSignals() {
        var signals = sigset_t()
        sigemptyset(&signals)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&signals, signal) }
        pthread_sigmask(SIG_BLOCK, &signals, nil)
        // A shell's background job is started with interrupts ignored; this one has something to clean up.
        signal(SIGINT, SIG_DFL)
        // A server that goes away is an error of a call, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        // The thread inherits what is blocked, so it is started here and not before.
        let watcher = WorkerThread(name: "signals")
        state.withLock { $0.watcher = watcher }
        watcher.schedule { [self, signals] in
            var signals = signals
            var received: Int32 = 0
            sigwait(&signals, &received)
            run()
            _exit(128 + received)
        }
    }

    func add(child: pid_t) { state.withLock { _ = $0.children.insert(child) } }
    func forget(child: pid_t) { state.withLock { _ = $0.children.remove(child) } }
    func add(directory: String) { state.withLock { _ = $0.directories.insert(directory) } }
    func forget(directory: String) { state.withLock { _ = $0.directories.remove(directory) } }

    /// Kills the children, waits for them, and removes the directories.
    func run() {
        state.withLock { state in
            for child in state.children { kill(child, SIGKILL) }
            for child in state.children { waitpid(child, nil, 0) }
            for directory in state.directories { try? FileManager.default.removeItem(atPath: directory) }
            state.children = []
            state.directories = []
        }
    }
}
