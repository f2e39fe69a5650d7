import RaftMembership
import Testing

@testable import RaftCore

@Suite("Client sessions are a pure function of the log (W4)")
struct SessionTableTests {
    static let one = SessionID(index: 1, nonce: 11)

    static func limits(
        timeout: UInt64 = 1_000_000_000, sessions: Int = 10, results: Int = 10, resultBytes: Int = 1000
    ) -> SessionLimits {
        var limits = SessionLimits()
        limits.timeout = timeout
        limits.sessions = sessions
        limits.results = results
        limits.resultBytes = resultBytes
        return limits
    }

    static func call(_ serial: UInt64, lowest: UInt64 = 1, of session: SessionID = one) -> SessionCall {
        SessionCall(session: session, serial: serial, lowestUnanswered: lowest)
    }

    private func table(_ limits: SessionLimits = limits()) -> SessionTable {
        var table = SessionTable()
        _ = table.advance(to: 1)
        _ = table.open(at: 1, nonce: 11, limits)
        return table
    }

    private func run(
        _ call: SessionCall, at index: LogIndex, in table: inout SessionTable, output: [UInt8]? = nil
    ) -> SessionTable.Verdict {
        let verdict = table.begin(call)
        if verdict == .execute {
            let bytes = output ?? [UInt8(truncatingIfNeeded: index.rawValue)]
            table.record(SessionResult(serial: call.serial, index: index, outcome: .output(bytes)), of: call)
        }
        return verdict
    }

    private func result(_ serial: UInt64, _ index: LogIndex) -> SessionTable.Verdict {
        .repeated(
            SessionResult(
                serial: serial, index: index, outcome: .output([UInt8(truncatingIfNeeded: index.rawValue)])))
    }

    @Test("A repeated serial gives the first result, in whatever order serials come (W4)")
    func repeated() {
        var table = table()
        #expect(run(Self.call(3), at: 2, in: &table) == .execute)
        #expect(run(Self.call(1), at: 3, in: &table) == .execute)
        #expect(run(Self.call(2), at: 4, in: &table) == .execute)
        for (serial, index) in [(1, 3), (2, 4), (3, 2)] as [(UInt64, LogIndex)] {
            #expect(run(Self.call(serial), at: 9, in: &table) == result(serial, index))
        }
    }

    @Test("What the client has is dropped, and not executed again (W4)")
    func acknowledged() {
        var table = table()
        _ = run(Self.call(1), at: 2, in: &table)
        _ = run(Self.call(2), at: 3, in: &table)
        #expect(run(Self.call(3, lowest: 2), at: 4, in: &table) == .execute)
        #expect(table.begin(Self.call(1)) == .refused(.answered))
        #expect(table.begin(Self.call(2)) == result(2, 3))
    }

    @Test("A session keeps so many results and bytes, and refuses more until the client has some (W4)")
    func full() {
        var table = table(Self.limits(results: 2))
        _ = run(Self.call(1), at: 2, in: &table)
        _ = run(Self.call(2), at: 3, in: &table)
        #expect(table.begin(Self.call(3)) == .refused(.full))
        #expect(table.begin(Self.call(2)) == result(2, 3))
        #expect(run(Self.call(3, lowest: 2), at: 5, in: &table) == .execute)

        var bytes = self.table(Self.limits(resultBytes: 10))
        #expect(run(Self.call(1), at: 2, in: &bytes, output: [UInt8](repeating: 0, count: 9)) == .execute)
        #expect(run(Self.call(2), at: 3, in: &bytes, output: [UInt8](repeating: 0, count: 9)) == .execute)
        #expect(bytes.begin(Self.call(3)) == .refused(.full))
        #expect(run(Self.call(3, lowest: 2), at: 4, in: &bytes) == .execute)
    }

    @Test("A session expires by the leaders' time, which never runs back; one that is used does not (W4)")
    func expiry() {
        var table = table()
        _ = table.open(at: 2, nonce: 22, Self.limits())
        let two = SessionID(index: 2, nonce: 22)
        #expect(table.advance(to: 900_000_001) == 0)
        #expect(run(Self.call(1), at: 3, in: &table) == .execute)
        // Another leader's clock is behind: nothing comes of it.
        #expect(table.advance(to: 5) == 0 && table.time == 900_000_001)
        #expect(table.advance(to: 1_000_000_002) == 1)
        #expect(table.begin(Self.call(1, of: two)) == .refused(.expired))
        #expect(table.begin(Self.call(1)) == result(1, 3))
    }

    @Test("With one session too many the one goes that was not used for longest (W4)")
    func leastRecentlyUsed() {
        var table = table(Self.limits(sessions: 2))
        #expect(table.open(at: 2, nonce: 22, Self.limits(sessions: 2)) == 0)
        #expect(run(Self.call(1), at: 3, in: &table) == .execute)
        #expect(table.open(at: 4, nonce: 44, Self.limits(sessions: 2)) == 1)
        #expect(table.begin(Self.call(1, of: SessionID(index: 2, nonce: 22))) == .refused(.expired))
        #expect(table.begin(Self.call(1)) == result(1, 3))
        // A leader that allows fewer: the next opening makes room for itself.
        #expect(table.open(at: 6, nonce: 66, Self.limits(sessions: 1)) == 2 && table.count == 1)
    }

    @Test("The session of another history, one that never was and one that was closed are refused (W4)")
    func unknown() {
        var table = table()
        #expect(table.begin(Self.call(1, of: SessionID(index: 1, nonce: 12))) == .refused(.expired))
        #expect(table.begin(Self.call(1, of: SessionID(index: 7, nonce: 11))) == .refused(.expired))
        table.close(SessionID(index: 1, nonce: 12))
        #expect(table.count == 1)
        table.close(Self.one)
        #expect(table.begin(Self.call(1)) == .refused(.expired) && table.count == 0)
    }

    @Test("Its record gives back a table that decides alike, and the same bytes (W4)", arguments: 1...20)
    func record(seed: Int) throws {
        var random = RandomNumbers(seed: UInt64(seed))
        var table = SessionTable()
        #expect(table.encode().isEmpty)
        #expect(try SessionTable(record: []).count == 0)
        var copy: SessionTable?
        var known: [SessionID] = []
        for index in 1...400 {
            let index = LogIndex(UInt64(index))
            let time = index.rawValue * 10_000_000 + random.next(in: 0...50_000_000)
            let expired = table.advance(to: time)
            if let other = copy?.advance(to: time) { #expect(other == expired) }
            if known.isEmpty || random.next(in: 0...9) == 0 {
                let limits = Self.limits(sessions: Int(random.next(in: 2...9)), results: Int(random.next(in: 1...5)))
                let nonce = random.next()
                let made = table.open(at: index, nonce: nonce, limits)
                if let other = copy?.open(at: index, nonce: nonce, limits) { #expect(other == made) }
                known.append(SessionID(index: index, nonce: nonce))
            } else {
                let session = known[Int(random.next(in: 0...UInt64(known.count - 1)))]
                let serial = random.next(in: 1...12)
                let call = Self.call(serial, lowest: random.next(in: 1...serial), of: session)
                let verdict = run(call, at: index, in: &table)
                if copy != nil, var other = copy {
                    #expect(run(call, at: index, in: &other) == verdict)
                    copy = other
                }
            }
            if random.next(in: 0...50) == 0 { copy = try SessionTable(record: table.encode()) }
        }
        let last = try SessionTable(record: table.encode())
        #expect(last.encode() == table.encode())
        #expect(copy == nil || copy?.encode() == table.encode())
    }

    @Test("No cut and no change of a byte of a record makes it trap, and each cut is noticed (V15)")
    func hostile() throws {
        var table = table()
        _ = run(Self.call(1), at: 2, in: &table)
        _ = table.open(at: 3, nonce: 33, Self.limits())
        let bytes = table.encode()
        for count in 1..<bytes.count {
            #expect(throws: StorageError.self) { try SessionTable(record: Array(bytes.prefix(count))) }
        }
        for position in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[position] ^= 1 << UInt8(bit)
                _ = try? SessionTable(record: damaged)
            }
        }
        var later = bytes
        later[0] = 2
        let error = #expect(throws: StorageError.self) { try SessionTable(record: later) }
        #expect(error?.code == .tooNew)
    }

    @Test("The leaders' time goes on from the log's at each leader's own pace, and never back")
    func clock() {
        var clock = SessionClock()
        #expect(clock.time(at: Instant(rawValue: 500), in: 3, applied: 0) == 1)
        #expect(clock.time(at: Instant(rawValue: 700), in: 3, applied: 1) == 201)
        // Another node led in between and came further.
        #expect(clock.time(at: Instant(rawValue: 9000), in: 5, applied: 300) == 300)
        #expect(clock.time(at: Instant(rawValue: 9050), in: 5, applied: 300) == 350)
        #expect(clock.time(at: Instant(rawValue: 9060), in: 5, applied: 1000) == 1000)
        #expect(clock.time(at: Instant(rawValue: 9000), in: 5, applied: 1000) == 1000)
    }

    @Test("Serials rise, and stop where the cluster would keep no more results")
    func serials() {
        var serials = SessionSerials(Self.limits(results: 3))
        #expect(serials.lowestUnanswered == 1)
        #expect([serials.take(), serials.take(), serials.take(), serials.take()] == [1, 2, 3, nil])
        serials.end(2)
        #expect(serials.lowestUnanswered == 1 && serials.take() == nil)
        serials.end(1)
        #expect(serials.lowestUnanswered == 3)
        #expect([serials.take(), serials.take(), serials.take()] == [4, 5, nil])
        for serial in 3...5 { serials.end(UInt64(serial)) }
        #expect(serials.lowestUnanswered == 6 && serials.take() == 6)
    }
}
