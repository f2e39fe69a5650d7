import Glibc

/// A thread that can be waited for.
package final class CheckThread {
    private var thread = pthread_t()
    private var isJoined = false

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    package init(_ run: @escaping @Sendable () -> Void) {
        let body = Unmanaged.passRetained(Body(run))
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        precondition(code == 0, "no thread can be started: error \(code)")
    }

    /// Runs `body` on a thread that nobody waits for.
    static func detach(_ body: @escaping @Sendable () -> Void) {
        let thread = CheckThread(body)
        pthread_detach(thread.thread)
    }

    package func join() {
        guard !isJoined else { return }
        isJoined = true
        pthread_join(thread, nil)
    }
}
