import RaftCore

/// Checks the addresses of a configuration for the transport on sockets.
enum UnixAddresses {
    /// - Throws: `ConfigurationProblem`.
    static func check(_ context: ModuleContext) throws {
        let configuration = context.configuration
        let allowsInsecureTCP = try context.settings.boolean("transport.allowInsecureTCP")
        if configuration.listen.isEmpty {
            throw ConfigurationProblem(
                "transport.listen",
                "is empty and node \(configuration.id) is not among the members; other members could not reach it")
        }
        // Without a list of its own, the node listens where the members' list says.
        let isOwn = !(try context.settings.list("transport.listen")).isEmpty
        for (position, text) in configuration.listen.enumerated() {
            let key = isOwn ? "transport.listen" : "members"
            let element = isOwn ? position : configuration.members.firstIndex { $0.id == configuration.id }
            let address = try parse(text, key, element)
            if configuration.listen[..<position].contains(text) {
                throw ConfigurationProblem(key, element: element, "\(text) is given twice")
            }
            if !allowsInsecureTCP, isBeyondLoopback(address) {
                throw ConfigurationProblem(
                    key, element: element, beyondLoopback(text, allowedBy: "transport.allowInsecureTCP"))
            }
        }
        for (position, member) in configuration.members.enumerated() {
            _ = try parse(member.address, "members", position)
        }
    }

    private static func parse(
        _ text: String, _ key: String, _ element: Int?
    ) throws(ConfigurationProblem) -> RaftAddress {
        do {
            return try RaftAddress(text)
        } catch {
            throw ConfigurationProblem(key, element: element, error.message)
        }
    }

    /// Whether clear text would leave the machine (rule N3). A host name is judged at start, where it is known.
    static func isBeyondLoopback(_ address: RaftAddress) -> Bool {
        guard case .tcp(let host, _) = address.kind else { return false }
        let isNumber = host.contains(":") || host.utf8.allSatisfy { $0 == UInt8(ascii: ".") || (48...57).contains($0) }
        return isNumber && !host.hasPrefix("127.") && host != "::1"
    }

    static func beyondLoopback(_ address: String, allowedBy key: String) -> String {
        "\(address) is beyond loopback and in clear text; where the network itself is protected, set \(key) to true"
    }
}
