extension InspectionReport {
    /// For people.
    public var text: String {
        var lines = [
            row("directory", "\(directory) (\(storage), format \(formatVersion))"),
            row("cluster", clusterName ?? "unreadable"),
            row("node", node.map(String.init) ?? "unreadable"),
            row("size", "\(usedBytes) bytes in use of \(fileBytes)"),
        ]
        if isDirty { lines.append(row("dirty", "a write or a sync failed; the next start copies and verifies first")) }
        for group in groups { lines += Self.lines(group) }
        lines.append(row("verification", isIntact ? "every checksum matches" : "\(damage.count) damaged"))
        lines += damage.map { "  \(Self.place($0))\($0.reason)" }
        // What is in a damaged directory may be anything; a line stays a line.
        return lines.map(\.onOneLine).joined(separator: "\n") + "\n"
    }

    private func row(_ name: String, _ value: String) -> String { Self.row(name, value) }

    private static func row(_ name: String, _ value: String) -> String {
        name + String(repeating: " ", count: max(1, 14 - name.count)) + value
    }

    private static func lines(_ group: Group) -> [String] {
        var lines = [row("group", "\(group.group)")]
        if let state = group.hardState {
            lines += [
                row("  identity", "\(state.member), started \(state.startCounter) times"),
                row("  cluster id", state.cluster ?? "none: never formed or adopted"),
                row("  term", "\(state.term), voted for \(state.votedFor ?? "nobody")"),
                row("  committed", "at least through \(state.commitHint)"),
            ]
            if let proven = state.provenThrough {
                lines.append(row("  proven", "through \(proven): a leader is to send again what follows"))
            }
        } else {
            lines.append(row("  hard state", "none"))
        }
        if let snapshot = group.snapshot { lines.append(row("  snapshot", text(snapshot))) }
        lines.append(row("  log", log(group)))
        if let position = group.membershipAt {
            lines.append(row("  membership", "of entry \(text(position))"))
            for member in group.membership {
                lines.append(
                    "    \(member.id) \(member.role) \(member.incarnation) \(member.addresses.joined(separator: " "))")
            }
        } else {
            lines.append(row("  membership", "none"))
        }
        return lines
    }

    private static func text(_ position: Position) -> String { "\(position.index)@\(position.term)" }

    private static func text(_ snapshot: Snapshot) -> String {
        "through \(text(snapshot.last)), \(snapshot.size) bytes, configuration of entry \(text(snapshot.membershipAt)), "
            + (snapshot.isIntact ? "checksum \(snapshot.checksum) matches" : "damaged")
    }

    private static func log(_ group: Group) -> String {
        let base = text(group.base)
        guard group.last != group.base else { return "empty after \(base)" }
        return "\(group.entries) entries, \(group.entryBytes) bytes, after \(base) through "
            + text(group.last)
    }

    private static func place(_ damage: Damage) -> String {
        var place = damage.group.map { "group \($0): " } ?? ""
        if let index = damage.index { place += "log entry \(index): " }
        return place
    }
}
