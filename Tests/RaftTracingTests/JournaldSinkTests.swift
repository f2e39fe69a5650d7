import Glibc
import RaftThreads
import RaftTracing
import Testing

@testable import RaftTracingJournald

@Suite("The journald sink never waits for the journal")
struct JournaldSinkTests {
    private let journal = FakeJournal()
    private let fallback = MemorySink(capacity: 100)

    private func sink(capacity: Int = 10, flushLimit: UInt64 = 10_000_000_000) -> JournaldSink {
        JournaldSink(
            identifier: "test", fallback: fallback, capacity: capacity, flushLimit: flushLimit, writer: journal)
    }

    private func event(_ message: String) -> TraceEvent {
        TraceEvent(level: .info, kind: .nodeStarted, message: message, time: 0)
    }

    @Test("Records arrive in order, and flushing waits for them")
    func order() {
        let sink = sink(capacity: 1000)
        for number in 0..<1000 { sink.record(event(String(number))) }
        sink.flush()
        #expect(journal.messages == (0..<1000).map(String.init))
        #expect(fallback.events.isEmpty)
    }

    @Test("A journal that stands still costs records beyond the queue, and one record says how many")
    func drops() {
        let sink = sink(capacity: 10)
        journal.setBlocked(true)
        sink.record(event("0"))
        #expect(journal.waitUntilEntered())
        // One is in the writer's hands and counts: nine more fit.
        for number in 1..<30 { sink.record(event(String(number))) }
        journal.setBlocked(false)
        sink.flush()
        #expect(journal.messages.prefix(10) == (0..<10).map(String.init)[...])
        #expect(journal.messages.count == 11)
        #expect(journal.messages.last?.hasPrefix("20 trace records were dropped") == true)
        #expect(journal.text.contains("RAFT_EVENT=raft.records.dropped"))
        #expect(journal.text.contains("RAFT_COUNT=20"))
        // And the count begins anew.
        sink.record(event("later"))
        sink.flush()
        #expect(journal.messages.last == "later")
        #expect(journal.messages.count == 12)
    }

    @Test("Flushing gives up after its limit while the journal stands still")
    func boundedFlush() {
        let sink = sink(flushLimit: 1_000_000)
        journal.setBlocked(true)
        sink.record(event("held"))
        sink.flush()
        #expect(journal.messages.isEmpty)
        journal.setBlocked(false)
    }

    @Test("Where there is no journal, records go to the fallback, until there is one again")
    func fallsBack() {
        let sink = sink()
        journal.setAbsent(true)
        sink.record(event("to the fallback"))
        sink.flush()
        journal.setAbsent(false)
        sink.record(event("to the journal"))
        sink.flush()
        #expect(fallback.events.map(\.message) == ["to the fallback"])
        #expect(journal.messages == ["to the journal"])
    }

    @Test("What the fallback drops is counted as well")
    func fallbackDrops() {
        let sink = JournaldSink(
            identifier: "test", fallback: StandardErrorSink(descriptor: -1), capacity: 10, flushLimit: 10_000_000_000,
            writer: journal)
        journal.setAbsent(true)
        for _ in 0..<3 {
            sink.record(event("lost"))
            sink.flush()
        }
        #expect(sink.droppedRecords == 3)
    }

    @Test("What was recorded before the sink went away is written")
    func dropping() {
        do {
            let sink = sink()
            sink.record(event("last words"))
        }
        #expect(journal.waitUntilWritten(1))
        #expect(journal.messages == ["last words"])
    }

    @Test("Standard error is the journal only when the environment names the very file")
    func journalStream() {
        var status = stat()
        #expect(fstat(STDIN_FILENO, &status) == 0)
        #expect(JournaldSink.isJournal("\(status.st_dev):\(status.st_ino)", STDIN_FILENO))
        #expect(!JournaldSink.isJournal("\(status.st_dev):\(status.st_ino + 1)", STDIN_FILENO))
        #expect(!JournaldSink.isJournal("\(status.st_dev)", STDIN_FILENO))
        #expect(!JournaldSink.isJournal(nil, STDIN_FILENO))
        #expect(!JournaldSink.isJournal("\(status.st_dev):\(status.st_ino)", -1))
    }
}

/// A journal in memory that can stand still and go away.
private final class FakeJournal: JournalWriter {
    private struct State {
        var records: [String] = []
        var isBlocked = false
        var isAbsent = false
        var isEntered = false
    }

    private let state = Monitor(State())

    /// What `MESSAGE` each record carried.
    var messages: [String] {
        state.withLock { state in
            state.records.map { String($0.dropFirst("MESSAGE=".count).prefix { $0 != "|" }) }
        }
    }

    var text: String { state.withLock { $0.records.joined(separator: "\n") } }

    func setBlocked(_ isBlocked: Bool) {
        state.withLock { $0.isBlocked = isBlocked }
        state.signal()
    }

    func setAbsent(_ isAbsent: Bool) {
        state.withLock { $0.isAbsent = isAbsent }
    }

    func waitUntilEntered() -> Bool { wait { $0.isEntered } }

    func waitUntilWritten(_ count: Int) -> Bool { wait { $0.records.count >= count } }

    func write(_ record: JournalRecord) -> Bool {
        var start = 0
        let items = record.ends.map { end -> String in
            defer { start = end }
            return String(decoding: record.bytes[start..<end], as: UTF8.self)
        }
        state.withLock { $0.isEntered = true }
        state.signal()
        let isTaken = state.wait { state -> WaitStep<Bool> in
            if state.isBlocked { return .wait }
            if !state.isAbsent { state.records.append(items.joined(separator: "|")) }
            return .done(!state.isAbsent)
        }
        state.signal()
        return isTaken
    }

    private func wait(for condition: @escaping (State) -> Bool) -> Bool {
        let deadline = MonotonicClock.nanoseconds() + 10_000_000_000
        return state.wait { state -> WaitStep<Bool> in
            if condition(state) { return .done(true) }
            let now = MonotonicClock.nanoseconds()
            return now < deadline ? .waitAtMost(deadline - now) : .done(false)
        }
    }
}
