/// How a line-based sink writes events.
public enum TraceFormat: Sendable {
    /// For people:
    /// `2026-11-23T20:15:00.123456Z INFO raft.leader.elected node 1 leads term 3 cluster=demo node=1 term=3`.
    case text
    /// For programs: one JSON object a line, with `time`, `level`, `event`, `message`, the fields under their full
    /// names, `file`, `line` and `function`.
    case json
}
