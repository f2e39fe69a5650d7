import RaftCore
import RaftMembership

extension NodeConfiguration {
    /// Checks what no key can check for itself.
    /// - Throws: `ConfigurationProblem` or `ConfigurationError`.
    func check(_ registry: ModuleRegistry) throws {
        try checkMembers()
        try checkClients()
        try checkMetrics()
        try checkMark()
        try checkSpans()
        let context = ModuleContext(configuration: self)
        try registry.storage(storageModule).validate(context)
        try registry.transport(transportModule).validate(context)
        try registry.machine(machineModule).validate(context)
    }

    private func checkMembers() throws(ConfigurationProblem) {
        for (position, member) in members.enumerated() {
            if let earlier = members[..<position].first(where: { $0.id == member.id }) {
                throw ConfigurationProblem(
                    "members", element: position, "id \(member.id) is given twice: \(earlier) and \(member)")
            }
            if let earlier = members[..<position].first(where: { $0.address == member.address }) {
                throw ConfigurationProblem(
                    "members", element: position, "two members have one address: \(earlier) and \(member)")
            }
        }
        guard bootstrap else { return }
        if members.isEmpty {
            throw ConfigurationProblem(
                "bootstrap", "is true and members is empty; name every member that the cluster is to be formed of")
        }
        if !members.contains(where: { $0.id == id }) {
            let ids = members.map(\.id.description).joined(separator: ", ")
            throw ConfigurationProblem("node.id", "\(id) is not among the members to form the cluster of (\(ids))")
        }
    }

    /// In the data directory the mark would go where the data goes.
    private func checkMark() throws(ConfigurationProblem) {
        guard let mark, var directory = dataDirectory else { return }
        while directory.count > 1, directory.hasSuffix("/") { directory.removeLast() }
        guard mark == directory || mark.hasPrefix(directory + "/") else { return }
        throw ConfigurationProblem(
            "node.mark", "\(mark) is in the data directory \(directory), and must be apart from it")
    }

    private func checkSpans() throws(ConfigurationProblem) {
        switch (spans, spansFile) {
        case (.otlp, nil):
            throw ConfigurationProblem("tracing.spans", "is otlp: name the file that they go to as tracing.spansFile")
        case (.none, .some), (.sink, .some):
            throw ConfigurationProblem("tracing.spansFile", "is for tracing.spans otlp, and that is \(spans.rawValue)")
        case (.otlp, .some), (_, nil): break
        }
    }

    private func checkClients() throws(ConfigurationProblem) {
        try checkListener(
            "clients.listen", clientsListen, isInsecureAllowed: clientsAllowInsecureTCP,
            allowedBy: "clients.allowInsecureTCP", others: [(listen, "members", "clients need")])
    }

    private func checkMetrics() throws(ConfigurationProblem) {
        try checkListener(
            "metrics.listen", metricsListen, isInsecureAllowed: metricsAllowInsecureTCP,
            allowedBy: "metrics.allowInsecureTCP",
            others: [(listen, "members", "metrics need"), (clientsListen, "clients", "metrics need")])
    }

    /// - Parameter others: addresses that are taken, by whom, and who needs another.
    private func checkListener(
        _ key: String, _ addresses: [String], isInsecureAllowed: Bool, allowedBy: String,
        others: [(taken: [String], by: String, needs: String)]
    ) throws(ConfigurationProblem) {
        for (position, text) in addresses.enumerated() {
            let address: RaftAddress
            do {
                address = try RaftAddress(text)
            } catch {
                throw ConfigurationProblem(key, element: position, error.message)
            }
            if !isInsecureAllowed, UnixAddresses.isBeyondLoopback(address) {
                throw ConfigurationProblem(
                    key, element: position, UnixAddresses.beyondLoopback(text, allowedBy: allowedBy))
            }
            if addresses[..<position].contains(text) {
                throw ConfigurationProblem(key, element: position, "\(text) is given twice")
            }
            for other in others where other.taken.contains(text) {
                throw ConfigurationProblem(
                    key, element: position, "\(text) is the address for \(other.by); \(other.needs) another")
            }
        }
    }

    /// What is allowed and may not be meant.
    func makeHints() -> [ConfigurationHint] {
        var hints: [ConfigurationHint] = []
        func add(_ key: String, isIgnored: Bool = false, _ message: String) {
            let origin = settings.origin(key)
            hints.append(
                ConfigurationHint(
                    key: key, origin: origin == .standard ? nil : origin, isIgnored: isIgnored, message: message))
        }
        if let own = members.first(where: { $0.id == id }), !listen.contains(own.address) {
            add(
                "transport.listen",
                "does not hold \(own.address), where members says that the others reach this node; "
                    + "they cannot, unless something forwards it")
        }
        if clientsListen.isEmpty { add("clients.listen", "is empty: no client and no raftctl can reach this node") }
        if storageModule == "memory" {
            add("storage.module", "memory: what this node holds is gone when it stops")
            if mark != nil { add("node.mark", isIgnored: true, "has no effect: storage memory outlives no node") }
        }
        return hints
    }
}
