public import RaftCore
public import RaftTracing

extension StorageProvider {
    /// An LMDB environment in `directory`, which belongs to this one node and is created when it is not there.
    ///
    /// ```swift
    /// let raft = try await Raft.start(Counter(), as: 1, storage: .lmdb(at: "counter/1"), …)
    /// ```
    ///
    /// - Parameter mark: the path of the node's mark, which shows at the next start whether the directory is what the node
    ///   left (rule M10); `DIRECTORY.mark` when nil. It is best on another disk than the data. Its directory must exist.
    public static func lmdb(
        at directory: String, mark: String? = nil, tracer: Tracer = .silent, options: LMDBOptions = LMDBOptions()
    ) -> StorageProvider {
        StorageProvider(mark: mark.map { FileMarkStore(at: $0) } ?? FileMarkStore(beside: directory)) { context in
            try LMDBStorage(directory: directory, context: context, tracer: tracer, options: options)
        }
    }
}
