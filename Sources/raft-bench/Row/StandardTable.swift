/// The rows that are compared from release to release.
struct StandardTable: Sendable {
    var duration: Double
    var output: OutputFormat

    func run(with runner: RowRunner) async throws {}
}
