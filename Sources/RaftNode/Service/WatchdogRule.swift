import RaftCore

/// When a sign of life may be given to whoever watches: when each part of the node has moved since the last one.
struct WatchdogRule: Sendable {
    private var seen: Reading?

    /// What the parts have counted at one moment.
    struct Reading: Hashable, Sendable {
        var driver: UInt64 = 0
        var storage: UInt64 = 0
        var machine: UInt64 = 0
    }

    /// - Returns: the parts that have not moved; none when a sign of life may be given, which counts as given then.
    mutating func look(at reading: Reading) -> [String] {
        guard let seen else {
            // Nothing to compare with yet: the node has just begun to serve.
            seen = reading
            return []
        }
        var still: [String] = []
        if reading.driver == seen.driver { still.append("the driver") }
        if reading.storage == seen.storage { still.append("the storage thread") }
        if reading.machine == seen.machine { still.append("the machine") }
        if still.isEmpty { self.seen = reading }
        return still
    }
}

extension WatchdogRule.Reading {
    init(_ pulse: RaftPulse) { self.init(driver: pulse.driver, storage: pulse.storage, machine: pulse.machine) }
}
