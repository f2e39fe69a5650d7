import RaftTracing

extension Raft {
    /// Runs a call of a task within a span, which goes on from where the task stands in a trace.
    ///
    /// - Parameters:
    ///   - failure: why what came of it is not what was asked for; nil when it is.
    ///   - body: is given what the span causes; nil when nothing is recorded.
    func traced<Value>(
        _ name: SpanName, failure: (Value) -> String? = { _ in nil }, _ body: (TraceContext?) async throws -> Value
    ) async throws -> Value {
        let tracer = driver.tracer
        guard tracer.hasSpans, let span = tracer.startSpan(name, in: tracer.currentTrace) else {
            return try await body(nil)
        }
        do {
            let value = try await body(span.context)
            if let failure = failure(value) {
                tracer.fail(span, failure, [.outcome("failed")])
            } else {
                tracer.end(span, [.outcome("done")])
            }
            return value
        } catch {
            tracer.fail(span, "\(error)", [.outcome((error as? RaftError).map { "\($0.outcome)" } ?? "failed")])
            throw error
        }
    }
}
