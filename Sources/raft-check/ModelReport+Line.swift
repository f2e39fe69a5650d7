import RaftTesting

extension ModelReport {
    /// One line for a root.
    func line(after duration: Duration) -> String {
        let seconds = duration / .seconds(1)
        let rate = Int(Double(states) / max(seconds, 0.001))
        let bound =
            switch limit {
            case .exhausted: "all of them"
            case .depth: "bounded by depth"
            case .states: "bounded by \(distinct) states"
            case .violation: "violation"
            }
        let hundredths = Int((seconds * 100).rounded())
        let fraction = hundredths % 100
        return "\(root): \(states) states, \(distinct) distinct, depth \(depth), "
            + "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction) s, \(rate) states/s; \(bound); "
            + "made of \(serverStates) server states and \(messages) messages"
    }

    var landmarkLines: String {
        ModelLandmark.allCases.map { "  \($0.name): \(count(of: $0))" }.joined(separator: "\n")
    }
}
