import RaftCore

/// What can be asked of a machine of any type, in bytes.
struct QueryChecks<Machine: StateMachine>: Sendable {
    let queries: [[UInt8]]
    /// The answer to a query, in bytes; an error as text.
    let answer: @Sendable (Machine, [UInt8]) -> Result<[UInt8], ConformanceText>

    init(_ queries: [[UInt8]]) where Machine: QueryableStateMachine {
        self.queries = queries
        answer = { machine, bytes in
            do {
                return .success(
                    Machine.encode(machine.answer(try bytes.withUnsafeBytes { try Machine.decodeQuery($0) })))
            } catch {
                return .failure(ConformanceText("\(error)"))
            }
        }
    }

    /// The first query that two machines answer differently.
    func difference(_ one: Machine, _ other: Machine) -> String? {
        for (position, query) in queries.enumerated() where answer(one, query) != answer(other, query) {
            return "query \(position) is answered differently"
        }
        return nil
    }
}

/// An error by its text, so that two can be compared.
struct ConformanceText: Error, Hashable {
    let text: String
    init(_ text: String) { self.text = text }
}
