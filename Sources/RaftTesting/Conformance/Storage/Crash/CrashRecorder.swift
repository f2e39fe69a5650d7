/// Notes the system calls by which a storage changes its files. The one there is stands in the product
/// `RaftCrashRecorder`: it must be linked into the executable, which is why it is apart.
public struct CrashRecorder: Sendable {
    package typealias Stop = @Sendable () -> Void
    package typealias Calls = @Sendable () -> [FileCall]

    /// Begins to note what happens under a directory, given as an absolute path. Nil when it cannot.
    package let start: @Sendable (_ directory: String) -> (calls: Calls, stop: Stop)?

    package init(start: @escaping @Sendable (_ directory: String) -> (calls: Calls, stop: Stop)?) {
        self.start = start
    }
}
