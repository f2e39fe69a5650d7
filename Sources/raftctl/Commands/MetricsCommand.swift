import ArgumentParser
import RaftClient
import RaftCore

/// `raftctl metrics`.
struct MetricsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics", abstract: "Prints the metrics of one node, as Prometheus reads them.",
        discussion: """
            Of the first endpoint, whoever leads. As text: Prometheus' text format, version 0.0.4. As JSON: one object that \
            holds that text.
            """)

    @OptionGroup(title: "Global options") var global: GlobalOptions

    func run() async throws {
        let exactly = Array(try global.endpoints().prefix(1))
        let client = try global.client(for: exactly, followsLeader: false)
        let text = try await asking { () async throws(RaftClientError) in try await client.metrics() }
        await client.close()
        switch global.output {
        case .text: try StandardOutput.write(text)
        case .json:
            let object = JSON.object([("format", "prometheus-0.0.4"), ("text", .string(text))])
            try StandardOutput.write(object.text + "\n")
        }
    }
}
