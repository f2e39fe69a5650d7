import Testing

@testable import RaftThreads

@Suite("Alarms fire once, in order, and not before their time")
struct AlarmThreadTests {
    private let soon: UInt64 = 2_000_000
    private let never: UInt64 = 3_600_000_000_000

    @Test("An alarm fires at its time, not before")
    func firesInTime() {
        let alarms = AlarmThread(name: "test-alarm")
        let fired = Monitor<UInt64?>(nil)
        let time = MonotonicClock.nanoseconds() + soon
        alarms.set(1, at: time) {
            fired.withLock { $0 = MonotonicClock.nanoseconds() }
            fired.signal()
        }
        #expect((fired.waitForValue() ?? 0) >= time)
        alarms.stop()
    }

    @Test("A time that has passed fires at once, even behind an alarm that is far away")
    func passedTime() {
        let alarms = AlarmThread(name: "test-passed")
        let fired = Monitor(false)
        alarms.set(1, at: MonotonicClock.nanoseconds() + never) {}
        alarms.set(2, at: 0) { fired.set() }
        #expect(fired.waitForTrue())
        alarms.stop()
    }

    @Test("An alarm that is set while the thread sleeps towards a later one wakes it")
    func wakes() {
        let alarms = AlarmThread(name: "test-wake")
        alarms.set(1, at: MonotonicClock.nanoseconds() + never) {}
        // The thread falls asleep at some point of the first rounds; from then on every round wakes it.
        for _ in 0..<500 {
            let fired = Monitor(false)
            alarms.set(2, at: MonotonicClock.nanoseconds() + 1000) { fired.set() }
            guard fired.waitForTrue() else {
                Issue.record("the alarm did not fire")
                break
            }
        }
        alarms.stop()
    }

    @Test("Setting an id again replaces its alarm: earlier, later, and with another function")
    func replaces() {
        let alarms = AlarmThread(name: "test-replace")
        let seen = Recorder<String>()
        let fired = Monitor(false)
        // On the thread itself, so that none fires between two of these, however long they take.
        alarms.set(9, at: 0) {
            let now = MonotonicClock.nanoseconds()
            alarms.set(1, at: now + never) { seen.append("far") }
            alarms.set(1, at: now + soon) {
                seen.append("near")
                fired.set()
            }
            alarms.set(2, at: now) { seen.append("wrong") }
            alarms.set(2, at: now + never) { seen.append("later") }
        }
        #expect(fired.waitForTrue())
        #expect(seen.values == ["near"])
        alarms.stop()
    }

    @Test("A cancelled alarm does not fire, and an id that is not set can be cancelled")
    func cancels() {
        let alarms = AlarmThread(name: "test-cancel")
        let seen = Recorder<Int>()
        let fired = Monitor(false)
        // As above.
        alarms.set(9, at: 0) {
            let now = MonotonicClock.nanoseconds()
            alarms.set(1, at: now) { seen.append(1) }
            alarms.set(2, at: now + 1) {
                seen.append(2)
                fired.set()
            }
            alarms.cancel(1)
            alarms.cancel(7)
        }
        #expect(fired.waitForTrue())
        #expect(seen.values == [2])
        alarms.stop()
    }

    @Test("An alarm may set the next one")
    func chains() {
        let alarms = AlarmThread(name: "test-chain")
        let seen = Recorder<Int>()
        let fired = Monitor(false)
        @Sendable func next(_ number: Int) {
            seen.append(number)
            guard number < 20 else { return fired.set() }
            alarms.set(1, at: MonotonicClock.nanoseconds() + 1000) { next(number + 1) }
        }
        next(0)
        #expect(fired.waitForTrue())
        #expect(seen.values == Array(0...20))
        alarms.stop()
    }

    @Test("Stopping lets the alarms go, and later ones do nothing")
    func stops() {
        let alarms = AlarmThread(name: "test-stop")
        let ended = Monitor(false)
        do {
            let witness = Witness { ended.set() }
            alarms.set(1, at: MonotonicClock.nanoseconds() + never) { _ = witness }
        }
        alarms.stop()
        alarms.set(2, at: 0) { Issue.record("an alarm fired after the stop") }
        #expect(ended.waitForTrue())
    }

    @Test("What an alarm holds may cancel alarms when it ends")
    func reentrance() {
        let alarms = AlarmThread(name: "test-reentry")
        let time = MonotonicClock.nanoseconds() + never
        for _ in 0..<2 {
            let witness = Witness { alarms.cancel(2) }
            alarms.set(1, at: time) { _ = witness }
        }
        alarms.cancel(1)
        alarms.stop()
    }
}

@Suite("The schedule of alarms is ordered by time")
struct AlarmScheduleTests {
    @Test("Alarms leave by time, and those of one time in the order they were set")
    func order() {
        var schedule = AlarmSchedule()
        let seen = Recorder<UInt64>()
        for (id, time) in [(1, 30), (2, 10), (3, 20), (4, 10), (5, 20), (6, 5)] as [(UInt64, UInt64)] {
            _ = schedule.set(id, at: time) { seen.append(id) }
        }
        _ = schedule.set(6, at: 25) { seen.append(6) }
        _ = schedule.cancel(5)
        #expect(schedule.earliest == 10)
        #expect(schedule.popDue(at: 9) == nil)
        while let fire = schedule.popDue(at: 29) { fire() }
        #expect(seen.values == [2, 4, 3, 6])
        #expect(schedule.earliest == 30)
    }
}

extension Monitor where State == Bool {
    fileprivate func set() {
        withLock { $0 = true }
        signal()
    }
}

extension Monitor where State == UInt64? {
    fileprivate func waitForValue() -> UInt64? {
        let deadline = MonotonicClock.nanoseconds() + 10_000_000_000
        return wait { state -> WaitStep<UInt64?> in
            if let state { return .done(state) }
            let now = MonotonicClock.nanoseconds()
            return now < deadline ? .waitAtMost(deadline - now) : .done(nil)
        }
    }
}
