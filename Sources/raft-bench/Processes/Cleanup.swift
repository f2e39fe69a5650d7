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

    /// From now on SIGINT, SIGTERM and SIGHUP clean up before they end the program.
    ///
    /// A handler may do next to nothing, so it writes the signal's number to a pipe on which a thread waits. Blocking the
    /// signals for `sigwait` would not do: the main thread of an asynchronous program ends up waiting with none blocked.
    func watchSignals() throws(BenchError) {
        // A server that goes away is an error of a call, not the end of the program.
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw BenchError("no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        signalPipe.store(ends[1], ordering: .sequentiallyConsistent)
        let watcher = WorkerThread(name: "signals")
        state.withLock { $0.watcher = watcher }
        watcher.schedule { [self, reader = ends[0]] in
            var number: UInt8 = 0
            while read(reader, &number, 1) != 1, errno == EINTR {}
            run()
            _exit(128 + Int32(number))
        }
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(signalPipe.load(ordering: .sequentiallyConsistent), &byte, 1)
            }
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

/// Where the handler writes; no captured value reaches a C function.
private let signalPipe = Atomic<Int32>(-1)
