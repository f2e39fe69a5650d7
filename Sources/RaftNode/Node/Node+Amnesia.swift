import RaftCore

extension Node {
    /// Whether a node ended, or could not start, because its data is gone, older than it was, or a copy (rule M10). To
    /// start it again changes nothing.
    public static func isAmnesia(_ error: any Error) -> Bool {
        switch error {
        case let error as StorageError: error.code == .amnesiac
        case let error as RaftError: error.code == .amnesiac
        default: false
        }
    }
}
