public import RaftCore
public import RaftTracing

extension StorageProvider {
    /// An LMDB environment in `directory`, which belongs to this one node and is created when it is not there.
    ///
    /// ```swift
    /// let raft = try await Raft.start(Counter(), as: 1, storage: .lmdb(at: "counter/1"), …)
    /// ```
    public static func lmdb(
        at directory: String, tracer: Tracer = .silent, options: LMDBOptions = LMDBOptions()
    ) -> StorageProvider {
        StorageProvider { context in
            try LMDBStorage(directory: directory, context: context, tracer: tracer, options: options)
        }
    }
}
