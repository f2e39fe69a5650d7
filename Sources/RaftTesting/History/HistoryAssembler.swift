/// Makes operations of events: each completion belongs to the call that its process has under way.
struct HistoryAssembler {
    private struct Pending {
        var slot: Int
        var line: Int
        var call: ParsedEvent.Call
    }

    private var slots: [HistoryOperation?] = []
    private var underWay: [Int: Pending] = [:]
    private var lastTime: [Int: UInt64] = [:]
    private var events: UInt64 = 0
    private var hasTimes: Bool?

    /// Whether no event was added.
    var isEmpty: Bool { events == 0 }

    /// The operations so far, by the order of their calls in the file.
    var operations: [HistoryOperation] { slots.compactMap(\.self) }

    mutating func add(_ event: ParsedEvent, line: Int) throws(HistoryLineError) {
        let time = try time(of: event)
        guard event.kind != .invoke else { return try invoke(event, at: time, line: line) }
        guard let pending = underWay.removeValue(forKey: event.process) else {
            throw HistoryLineError(
                "process \(event.process) has no operation under way that could end here; an \"invoke\" must come first"
            )
        }
        let key = slots[pending.slot]?.key ?? ""
        guard event.call == nil || event.call == pending.call, RegisterValue(event.key) == RegisterValue(key) else {
            throw HistoryLineError(
                "this is not the operation that process \(event.process) called in line \(pending.line); "
                    + "a completion repeats the operation, the key and the values of its call")
        }
        switch event.kind {
        case .invoke, .unknown:
            break
        case .fail:
            slots[pending.slot] = nil
        case .ok(let value):
            slots[pending.slot]?.returned = time
            if pending.call == .read { slots[pending.slot]?.action = .read(value?.text) }
            if case .compareAndSet(let expected, let new) = pending.call {
                slots[pending.slot]?.action = .compareAndSet(expected: expected.text, new: new.text, succeeded: true)
            }
        case .mismatch:
            guard case .compareAndSet = pending.call else {
                throw HistoryLineError("only a cas can end in a mismatch; write \"fail\" for what was refused")
            }
            slots[pending.slot]?.returned = time
        }
    }

    private mutating func invoke(_ event: ParsedEvent, at time: UInt64, line: Int) throws(HistoryLineError) {
        guard let call = event.call else { throw HistoryLineError("an invocation says what it calls") }
        if let pending = underWay[event.process] {
            throw HistoryLineError(
                "process \(event.process) still has the operation of line \(pending.line) under way; "
                    + "end it first, as \"unknown\" when nobody knows")
        }
        let action: HistoryOperation.Action =
            switch call {
            case .read: .read(nil)
            case .write(let value): .write(value.text)
            case .compareAndSet(let expected, let new):
                .compareAndSet(expected: expected.text, new: new.text, succeeded: false)
            }
        underWay[event.process] = Pending(slot: slots.count, line: line, call: call)
        slots.append(
            HistoryOperation(process: event.process, key: event.key, action: action, invoked: time, returned: nil))
    }

    private mutating func time(of event: ParsedEvent) throws(HistoryLineError) -> UInt64 {
        if let hasTimes, hasTimes != (event.time != nil) {
            throw HistoryLineError(
                hasTimes
                    ? "this line has no time, but those before it have; write @TIME at the end of every line, or of none"
                    : "this line has a time, but those before it have none; write @TIME at the end of every line, or of none"
            )
        }
        hasTimes = event.time != nil
        events += 1
        guard let time = event.time else { return events }
        if let last = lastTime[event.process], time < last {
            throw HistoryLineError(
                "process \(event.process) was at time \(last) already; the times of one process never go back")
        }
        lastTime[event.process] = time
        return time
    }
}
