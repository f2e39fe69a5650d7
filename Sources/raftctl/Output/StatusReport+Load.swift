import RaftClient
import RaftCore
import RaftMembership

// What waits within the nodes, and how long things take there.
extension StatusReport {
    /// A line for every node that tells; empty when none does. Times are means since the node's start.
    var loadTable: String {
        let told = answers.filter { $0.queues != nil || $0.latencies != nil }
        guard !told.isEmpty else { return "" }
        var table = TextTable(
            "NODE", "PURGED", "PENDING", "INBOX", "READS", "WRITES", "MACHINE", "WRITE", "COMMIT", "APPLY", "READ",
            "ROUNDTRIP")
        for status in told {
            let queues = status.queues
            let depths = [queues?.inbox, queues?.reads, queues?.writes, queues?.machine]
            let latencies = status.latencies
            let kinds = [latencies?.write, latencies?.commit, latencies?.apply, latencies?.read]
            var cells = ["\(status.member.id)", "\(status.purgedIndex)", "\(status.pendingProposals)"]
            cells += depths.map { depth in depth.map { "\($0)" } ?? "-" }
            cells += kinds.map { Self.time($0?.meanNanoseconds) }
            cells.append(Self.roundTrips(status))
            table.add(cells)
        }
        return "\n" + table.text
    }

    /// `2:210us 3:1.3ms`.
    private static func roundTrips(_ status: NodeStatus) -> String {
        let measured = status.peers.filter { $0.roundTripNanoseconds != nil }.sorted { $0.id < $1.id }
        guard !measured.isEmpty else { return "-" }
        return measured.map { "\($0.id):\(time($0.roundTripNanoseconds))" }.joined(separator: " ")
    }

    /// In the unit that suits it, with one digit behind the point: `8.1us`, `250us`, `1.4s`.
    static func time(_ nanoseconds: UInt64?) -> String {
        guard let nanoseconds else { return "-" }
        let unit: (name: String, nanoseconds: UInt64)
        switch nanoseconds {
        case ..<1_000_000: unit = ("us", 1_000)
        case ..<1_000_000_000: unit = ("ms", 1_000_000)
        default: unit = ("s", 1_000_000_000)
        }
        let tenths = nanoseconds / (unit.nanoseconds / 10)
        let fraction = tenths.isMultiple(of: 10) ? "" : ".\(tenths % 10)"
        return "\(tenths / 10)\(fraction)\(unit.name)"
    }
}

extension JSON {
    /// What waits within the node; null of one that does not tell.
    static func queues(_ status: NodeStatus) -> JSON {
        guard let queues = status.queues else { return nil }
        return .object([
            ("inbox", .number(UInt64(clamping: queues.inbox))), ("reads", .number(UInt64(clamping: queues.reads))),
            ("writes", .number(UInt64(clamping: queues.writes))),
            ("machine", .number(UInt64(clamping: queues.machine))),
        ])
    }

    /// How long things take; null of a node that does not tell.
    static func latencies(_ status: NodeStatus) -> JSON {
        guard let latencies = status.latencies else { return nil }
        func object(_ latency: RaftMetrics.Latency) -> JSON {
            .object([
                ("count", .number(latency.count)), ("totalNs", .number(latency.totalNanoseconds)),
                ("meanNs", .number(latency.meanNanoseconds)), ("lastNs", .number(latency.lastNanoseconds)),
                ("longestNs", .number(latency.longestNanoseconds)),
            ])
        }
        return .object([
            ("write", object(latencies.write)), ("commit", object(latencies.commit)),
            ("apply", object(latencies.apply)), ("read", object(latencies.read)),
        ])
    }
}
