import RaftClient
import RaftCore
import RaftTracing

// What clients ask of the node's own workings.
extension ClientHub {
    /// Bytes of a recording in one answer.
    private static let recordingBytes = 1 << 16

    /// - Parameters:
    ///   - level: nil only asks.
    ///   - module: empty for all.
    func setTraceLevel(_ level: TraceLevel?, of module: String) -> ClientResponse.Kind {
        if let level {
            if module.isEmpty {
                tracer.setLevel(level)
            } else if !tracer.setLevel(level, of: module) {
                let names = tracer.levels.map(\.module).filter { !$0.isEmpty }.joined(separator: ", ")
                return .error(RaftClientError(.refused, .rejected, "there is no module “\(module)”, only \(names)"))
            }
            tracer.notice(
                .levelChanged,
                "\(module.isEmpty ? "all modules record" : "module \(module) records") \(level) and above now",
                [.level(level), .module(module)])
        }
        return .traceLevels(
            TraceLevels(
                compiledIn: Tracer.compiledLevel,
                modules: tracer.levels.map { TraceLevels.Module(name: $0.module, level: $0.level) }))
    }

    func recording(from first: UInt64) -> ClientResponse.Kind {
        guard let recorder = tracer.recorder else {
            return .error(
                RaftClientError(
                    .notSupported, .rejected, "this node has no flight recorder: set tracing.recorderEvents above 0"))
        }
        let part = recorder.read(from: first, maximumBytes: Self.recordingBytes)
        return .recording(RecordingPart(next: part.next, bytes: part.header + part.slots))
    }
}
