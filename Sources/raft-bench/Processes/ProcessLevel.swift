struct ProcessLevel: Sendable {
    var parameters: BenchParameters
    var binaries: String?
    func run(in directory: WorkDirectory) async throws -> Measurement { throw BenchError("later") }
}
