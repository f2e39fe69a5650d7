/// All kinds of event and all fields, written out: for the documentation, and for journald, which explains a record with
/// it (`journalctl -x`).
public enum EventCatalogue {
    /// Two tables in Markdown.
    public static var markdown: String {
        var text = "| event | level | `MESSAGE_ID` | fields | meaning |\n|---|---|---|---|---|\n"
        for kind in EventKind.all {
            let fields = kind.fields.split(separator: " ").map { "`\($0)`" }.joined(separator: " ")
            text += "| `\(kind.name)` | \(kind.level) | `\(kind.messageID)` | \(fields) | \(kind.prose) |\n"
        }
        text += "\n| field | type | meaning |\n|---|---|---|\n"
        for field in TraceField.catalogue { text += "| `\(field.key)` | \(field.type) | \(field.prose) |\n" }
        return text
    }

    /// A message catalogue as `journalctl --update-catalog` reads it.
    public static var journal: String {
        EventKind.all.map { kind in
            """
            -- \(kind.messageID)
            Subject: \(kind.name)
            Defined-By: swift-raft

            \(kind.prose)

            It was recorded by node @RAFT_NODE@ of cluster @RAFT_CLUSTER@. “raftctl status” shows how the
            cluster stands, “raftctl trace --dump” what else the node has recorded lately.

            """
        }
        .joined(separator: "\n")
    }
}
