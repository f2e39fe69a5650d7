/// What the machine allows for a row, and what that was composed from.
struct Limit: Sendable {
    struct Part: Sendable {
        /// As it stands in JSON.
        var name: String
        var value: JSON
    }

    var operationsPerSecond: Double
    var parts: [Part]

    var json: JSON { .object(parts.map { ($0.name, $0.value) }) }

    static func measure(_ parameters: BenchParameters, in directory: WorkDirectory) async throws -> Limit {
        let mailbox = await MailboxProbe(clients: parameters.clients, size: parameters.size, nodes: parameters.nodes)
            .run(seconds: min(0.4, parameters.duration / 5))
        return Limit(operationsPerSecond: mailbox, parts: [Part(name: "mailbox_ops_s", value: .number(mailbox, 0))])
    }
}
