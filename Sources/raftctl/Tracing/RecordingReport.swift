import RaftTracing

/// Recordings on one timeline, and who led when.
struct RecordingReport {
    private let recordings: [FlightRecording]
    private let merged: MergedRecording

    init(_ recordings: [FlightRecording]) {
        self.recordings = recordings
        merged = MergedRecording(recordings)
    }

    func show(_ format: OutputFormat) throws(Failure) {
        var text = ""
        for entry in merged.entries {
            text += RecordingText.line(entry.event, node: entry.node, as: format == .json ? .json : .text) + "\n"
            if text.utf8.count > 1 << 16 {
                try StandardOutput.write(text)
                text = ""
            }
        }
        if format == .text { text += summary }
        try StandardOutput.write(text)
    }

    private var summary: String {
        var text = ""
        for leadership in merged.leaderships { text += "\n\(Self.describe(leadership))" }
        let unreadable = recordings.reduce(0) { $0 + $1.unreadable }
        if unreadable > 0 { text += "\n\(unreadable) events cannot be read" }
        return text.isEmpty ? "" : text + "\n"
    }

    /// `term 3: node 1 led for 12.345 s, from TIME to TIME: it no longer reached a quorum`.
    static func describe(_ leadership: Leadership) -> String {
        let began = RecordingText.time(leadership.began)
        guard let ended = leadership.ended else {
            return "term \(leadership.term): node \(leadership.node) leads since \(began): \(leadership.reason)"
        }
        let milliseconds = (ended - min(leadership.began, ended)) / 1_000_000
        let fraction = String(milliseconds % 1000)
        let padded = String(repeating: "0", count: 3 - fraction.count) + fraction
        return
            "term \(leadership.term): node \(leadership.node) led for \(milliseconds / 1000).\(padded) s, from \(began) to "
            + "\(RecordingText.time(ended)): \(leadership.reason)"
    }
}
