/// Alarms by time: the pure part of ``AlarmThread``.
///
/// A sorted array, latest first, so that the earliest leaves from the end: a node sets a handful of alarms per group,
/// and moving a few dozen entries is cheaper than a heap with an index into it for `set` and `cancel` by id.
struct AlarmSchedule: Sendable {
    private struct Alarm: Sendable {
        let id: UInt64
        let time: UInt64
        let fire: @Sendable () -> Void
    }

    private var alarms: [Alarm] = []

    /// The time of the earliest alarm.
    var earliest: UInt64? { alarms.last?.time }

    /// Sets an alarm in place of one of the same id, whose function is returned. Alarms of the same time fire in the
    /// order they were set.
    mutating func set(
        _ id: UInt64, at time: UInt64, _ fire: @escaping @Sendable () -> Void
    ) -> (@Sendable () -> Void)? {
        let replaced = cancel(id)
        var low = 0
        var high = alarms.count
        while low < high {
            let middle = (low + high) / 2
            if alarms[middle].time > time { low = middle + 1 } else { high = middle }
        }
        alarms.insert(Alarm(id: id, time: time, fire: fire), at: low)
        return replaced
    }

    /// Removes an alarm and returns its function.
    mutating func cancel(_ id: UInt64) -> (@Sendable () -> Void)? {
        guard let position = alarms.firstIndex(where: { $0.id == id }) else { return nil }
        return alarms.remove(at: position).fire
    }

    /// Takes the earliest alarm when its time has come.
    mutating func popDue(at now: UInt64) -> (@Sendable () -> Void)? {
        guard let earliest, earliest <= now else { return nil }
        return alarms.removeLast().fire
    }
}
