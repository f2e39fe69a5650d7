/// Recorded events as lines, for people and for programs. Pure.
public enum RecordingText {
    /// One line without its end, as the sinks write it; `node` stands before what the event says.
    public static func line(_ event: FlightRecording.Event, node: UInt64, as format: TraceFormat) -> String {
        var fields = [TraceField.node(node)]
        if !event.module.isEmpty { fields.append(.module(event.module)) }
        fields += event.fields.filter { $0.key != "raft.module" || event.module.isEmpty }
        let kind = EventKind(event.kind, "", event.level, "", "")
        let message = event.isCut && !event.message.isEmpty ? event.message + "…" : event.message
        let line = TraceLine(
            TraceEvent(
                level: event.level, kind: kind, message: message, fields: fields, time: event.time, file: "", line: 0,
                function: ""), format, isPlaced: false)
        return String(decoding: line.bytes.dropLast(), as: UTF8.self)
    }

    /// `2026-11-27T12:00:00.000000Z`, as in those lines.
    public static func time(_ nanoseconds: UInt64) -> String { Timestamp(nanoseconds: nanoseconds).description }
}
