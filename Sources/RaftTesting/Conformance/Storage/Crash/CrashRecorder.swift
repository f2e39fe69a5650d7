/// Notes the system calls by which a storage changes its files, and lets some of them fail. The one there is stands in the
/// product `RaftCrashRecorder`: it must be linked into the executable, which is why it is apart.
public struct CrashRecorder: Sendable {
    /// Begins to note what happens under a directory, given as an absolute path. Nil when it cannot.
    package let start: @Sendable (_ directory: String) -> CallRecording?

    package init(start: @escaping @Sendable (_ directory: String) -> CallRecording?) {
        self.start = start
    }
}

/// A recording that runs.
package struct CallRecording: Sendable {
    /// What was noted so far.
    package let calls: @Sendable () -> [FileCall]
    /// Lets calls fail from now on; nil: no more.
    package let fail: @Sendable (CallFault?) -> Void
    /// Ends it. Nothing else may be called afterwards.
    package let stop: @Sendable () -> Void

    package init(
        calls: @escaping @Sendable () -> [FileCall], fail: @escaping @Sendable (CallFault?) -> Void,
        stop: @escaping @Sendable () -> Void
    ) {
        self.calls = calls
        self.fail = fail
        self.stop = stop
    }
}
