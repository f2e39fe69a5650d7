import RaftTracing

extension Node {
    /// What came of reading the configuration again, each key once.
    public struct Reload: Hashable, Sendable, CustomStringConvertible {
        /// Keys whose new values count now.
        public var adopted: [String] = []
        /// Keys whose new values count from the next start on.
        public var deferred: [String] = []
        /// Why nothing was adopted; nil when the configuration is right.
        public var refusal: String?

        /// One line.
        public var description: String {
            if let refusal { return "the configuration stays as it was: \(refusal)" }
            var parts: [String] = []
            if !adopted.isEmpty { parts.append("now in effect: \(adopted.joined(separator: ", "))") }
            if !deferred.isEmpty { parts.append("not before the next start: \(deferred.joined(separator: ", "))") }
            return "the configuration was read again; "
                + (parts.isEmpty ? "nothing has changed" : parts.joined(separator: "; "))
        }
    }

    /// Keys that may change while a node runs. Members' addresses are no matter of configuration once the cluster is formed:
    /// they are changed for all nodes at once (`raftctl member address`).
    static let changeable = [
        "node.handover", "clients.maximumConnections", "clients.drain", "tracing.level", "tracing.modules",
    ]

    /// Reads the configuration again and takes over what may change while the node runs. A wrong one changes nothing.
    /// One call at a time.
    @discardableResult
    public func reload(from load: () throws -> NodeConfiguration) -> Reload {
        reporter.reload()
        var outcome = Reload()
        do {
            outcome = adopt(try load())
            tracer.notice(.configurationReloaded, "\(outcome)", [])
        } catch {
            outcome.refusal = "\(error)".onOneLine
            tracer.error(.configurationRefused, "\(outcome)", [.reason("\(error)".onOneLine)])
        }
        reporter.reloaded(outcome.refusal.map { "configuration not reloaded: \($0)" } ?? "")
        return outcome
    }

    private func adopt(_ new: NodeConfiguration) -> Reload {
        var outcome = Reload()
        let former = configuration.settings
        for key in former.table.keys {
            let value = new.settings.value(key.name)
            if Self.changeable.contains(key.name) {
                if value != former.value(key.name) { outcome.adopted.append(key.name) }
            } else if value != initialSettings.value(key.name) {
                // Named each time until the node is started again.
                outcome.deferred.append(key.name)
            }
        }
        // What was set by hand meanwhile, with raftctl for example, stays until the file says something new.
        if outcome.adopted.contains(where: { $0.hasPrefix("tracing.") }) {
            tracer.setLevel(new.traceLevel)
            for each in new.traceModules { tracer.setLevel(each.level, of: each.module) }
        }
        clients?.change(
            maximumConnections: new.clientsMaximumConnections, drainTimeout: .nanoseconds(Int64(new.clientsDrain)))
        adopt { configuration in
            configuration.handover = new.handover
            configuration.clientsMaximumConnections = new.clientsMaximumConnections
            configuration.clientsDrain = new.clientsDrain
            configuration.traceLevel = new.traceLevel
            configuration.traceModules = new.traceModules
            configuration.settings = new.settings
        }
        return outcome
    }
}
