import RaftCore

extension Node {
    /// Whether a node ended, or could not start, because its data is gone, older than it was, or a copy (rule M10). One that
    /// ended comes back when it is started again; one that could not start has nobody who could take it in.
    public static func isAmnesia(_ error: any Error) -> Bool {
        switch error {
        case let error as StorageError: error.code == .amnesiac
        case let error as RaftError: error.code == .amnesiac
        default: false
        }
    }
}
