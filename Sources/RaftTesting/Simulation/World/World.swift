package import RaftCore

/// Simulated time: what is yet to happen, in order, and the first thing that went wrong.
///
/// A simulation lives on one thread; nothing here is shared. A seed decides everything, so that any run can be had again.
final class World {
    enum Event {
        /// Work that a process has scheduled on one of its lanes.
        case job(SimulatedLife, any Runnable)
        case timer(SimulatedLife, any Runnable, generation: UInt64)
        case delivery(Delivery)
        case call(() -> Void)
    }

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    private var queue = EventQueue<Event>()
    /// The first property that did not hold; nothing happens after it.
    private(set) var violation: Violation?
    let trace: TraceRecorder
    var coverage = Coverage()
    var deliver: (Delivery) -> Void = { _ in }
    /// Events that have happened.
    private(set) var eventCount = 0

    init(trace: TraceRecorder) { self.trace = trace }

    func insert(_ event: Event, at instant: Instant) { queue.insert(event, at: max(instant, now)) }

    func after(_ span: UInt64, _ body: @escaping () -> Void) { queue.insert(.call(body), at: now + span) }

    func at(_ instant: Instant, _ body: @escaping () -> Void) { insert(.call(body), at: instant) }

    /// Nothing more happens, and nothing is held any longer.
    func end() {
        queue = EventQueue()
        deliver = { _ in }
    }

    /// A property does not hold. The first report counts.
    func fail(_ property: String, _ what: String) {
        guard violation == nil else { return }
        violation = Violation(property: property, what: what, at: now)
        trace.record(now, .violation(property, what))
    }

    /// Lets events happen until `span` nanoseconds have passed, or until `isDone`; true when it was done.
    @discardableResult
    func run(for span: UInt64, until isDone: () -> Bool = { false }) throws(Violation) -> Bool {
        let end = now + span
        while let next = queue.next, next <= end {
            if isDone() { return true }
            guard let first = queue.removeFirst() else { break }
            now = first.at
            eventCount += 1
            happen(first.event)
            if let violation { throw violation }
        }
        if isDone() { return true }
        now = end
        return false
    }

    private func happen(_ event: Event) {
        switch event {
        case .job(let life, let job):
            guard !life.isDead else { return }
            if let until = life.node.pausedUntil, until > now {
                queue.insert(event, at: until)
            } else {
                job.run()
            }
        case .timer(let life, let job, let generation):
            guard !life.isDead else { return }
            if let until = life.node.pausedUntil, until > now {
                queue.insert(event, at: until)
            } else if life.timers.isCurrent(job, generation) {
                job.run()
            }
        case .delivery(let delivery): deliver(delivery)
        case .call(let body): body()
        }
    }
}

/// A property that did not hold.
package struct Violation: Error, Hashable, Sendable, CustomStringConvertible {
    /// The rule's id or the paper's name of the property.
    package var property: String
    package var what: String
    package var at: Instant

    package var description: String { "\(property): \(what), at \(at.rawValue / 1000) µs" }
}
