import ArgumentParser
import RaftClient
import RaftCore

/// `raftctl status`
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Shows what the nodes say of themselves.",
        discussion: """
            As text: a table with a line for every endpoint, and for the leader when another is named; and one of what waits \
            in each node and how long things take there on average, from order to durable (WRITE), from append to \
            commitment (COMMIT), by the machine (APPLY), until a read may begin (READ), and to peers and back. As JSON: one \
            object, of the node asked when there is one endpoint or --no-follow, else of the leader, or where none is \
            found, of the first node that answers.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    @Flag(name: .long, help: "Show it again every second until interrupted.")
    var watch = false

    func run() async throws {
        let endpoints = try global.endpoints()
        let asked = global.noFollow ? Array(endpoints.prefix(1)) : endpoints
        while true {
            let report = try await Survey(global).persistentReport(
                on: asked, timeout: global.timeout.duration,
                // Of one endpoint the object is that node's, whoever leads.
                findsLeader: !global.noFollow && (global.output == .text || asked.count > 1))
            try show(report)
            guard watch else { return }
            // Ends when the process is interrupted.
            try await Task.sleep(for: .seconds(1))
        }
    }

    private func show(_ report: StatusReport) throws(Failure) {
        let first = report.answers.first
        switch global.output {
        case .text:
            if watch, StandardOutput.isTerminal { try StandardOutput.write("\u{1B}[H\u{1B}[2J") }
            try StandardOutput.write(report.table + report.loadTable)
        case .json:
            let isOne = global.noFollow || report.rows.count == 1
            if let status = isOne ? first : report.leader ?? first {
                try StandardOutput.write(JSON.status(status).text + "\n")
            }
        }
        guard first == nil, !watch else { return }
        let endpoints = report.rows.map { "\($0.address)" }.joined(separator: ", ")
        throw Failure(
            .unreachable,
            "no node answered within \(global.timeout) at \(endpoints): check the endpoints and the nodes")
    }
}
