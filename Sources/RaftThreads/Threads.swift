internal import Glibc

/// Starts the threads of this module.
enum Threads {
    /// Starts a detached thread that runs `body` and ends with it.
    ///
    /// Every signal that a process can wait for is blocked in it, so that signals reach the program's own threads and
    /// no system call here ends with `EINTR`; the signals of a crash stay open for the crash reporter.
    ///
    /// A system without room for one more thread cannot run a node: this stops the process with a message.
    static func start(name: String, _ body: @escaping @Sendable () -> Void) {
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))

        var blocked = sigset_t()
        var previous = sigset_t()
        sigfillset(&blocked)
        for crash in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS] { sigdelset(&blocked, crash) }
        pthread_sigmask(SIG_SETMASK, &blocked, &previous)
        defer { pthread_sigmask(SIG_SETMASK, &previous, nil) }

        let start = Unmanaged.passRetained(ThreadStart(name: name, body: body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
                Threads.setName(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        precondition(code == 0, "no thread can be started for \(name): error \(code)")
    }

    /// Names the calling thread, for `ps -L`, debuggers and core dumps; the kernel keeps the first 15 bytes.
    private static func setName(_ name: String) {
        // The C library's call is hidden behind _GNU_SOURCE, which Swift's Glibc module does not define.
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        var name = name
        _ = name.withUTF8 { write(file, $0.baseAddress, $0.count) }
        close(file)
    }
}

/// What a new thread is given through C's one pointer.
private final class ThreadStart: Sendable {
    let name: String
    let body: @Sendable () -> Void

    init(name: String, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.body = body
    }
}
