import CRaftChecksum
import RaftCore
import RaftMembership
import Testing

/// Rules L4, L12, D3 and L13, in the values that a log is made of.
@Suite("Log values")
struct LogTests {
    static func id(_ index: LogIndex, _ term: Term) -> LogID { LogID(term: term, index: index) }

    static func batch(_ terms: [Term], from first: LogIndex = 1, size: Int = 3) -> EntryBatch {
        var builder = EntryBatchBuilder(firstIndex: first)
        for term in terms {
            builder.append(.command, term: term, payload: [UInt8](repeating: UInt8(builder.count), count: size))
        }
        return builder.finish()
    }

    @Test("A term that is compacted or past the end is nil, never 0 (L4)")
    func missingTerms() {
        var terms = TermRuns(base: Self.id(10, 3))
        terms.append(term: 4, count: 2)
        #expect(terms.term(at: 9) == nil && terms.term(at: 0) == nil && terms.term(at: 13) == nil)
        #expect(terms.term(at: 10) == 3 && terms.term(at: 12) == 4)
    }

    @Test("Last index and term are those of the base while the log is empty, and after all of it is cut (L12)")
    func emptyLog() {
        var terms = TermRuns(base: Self.id(10, 3))
        #expect(terms.last == Self.id(10, 3))
        terms.append(term: 4, count: 5)
        terms.truncate(after: 10)
        #expect(terms.last == Self.id(10, 3) && terms.runs.isEmpty)
    }

    @Test(
        "Runs of terms agree with a plain list under random appends and cuts (L4, L12)",
        arguments: 1...20 as ClosedRange<UInt64>)
    func runsMatchList(_ seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        let base = LogIndex(random.next(in: 0...5))
        var runs = TermRuns(base: LogID(term: Term(base.rawValue == 0 ? 0 : 1), index: base))
        var list: [Term] = []
        for _ in 0..<200 {
            if random.next(in: 0...3) == 0 {
                let kept = Int(random.next(in: 0...UInt64(list.count)))
                list.removeLast(list.count - kept)
                runs.truncate(after: base + kept)
            } else {
                let term = Term((list.last?.rawValue ?? 1) + random.next(in: 0...1))
                let count = Int(random.next(in: 1...4))
                list += [Term](repeating: term, count: count)
                runs.append(term: term, count: count)
            }
            #expect(runs.last.index == base + list.count && runs.last.term == list.last ?? runs.base.term)
            for (offset, term) in list.enumerated() { #expect(runs.term(at: base + (offset + 1)) == term) }
            let asked = Term(random.next(in: 0...20))
            let expected = list.lastIndex { $0 <= asked }.map { base + ($0 + 1) } ?? base
            #expect(runs.lastIndex(withTermAtMost: asked) == expected)
        }
    }

    @Test("Slices, prefixes and joins of batches are what they are of lists", arguments: 1...20 as ClosedRange<UInt64>)
    func batches(_ seed: UInt64) throws {
        var random = RandomNumbers(seed: seed)
        let whole = Self.batch([Term](repeating: 2, count: 20), from: 5, size: Int(random.next(in: 0...9)))
        for _ in 0..<50 {
            let first = LogIndex(random.next(in: 5...24))
            let slice = whole.slice(
                from: first, maxCount: Int(random.next(in: 1...25)), maxBytes: Int(random.next(in: 0...900)))
            #expect(slice.firstIndex == first && slice.count >= 1)
            let rest = whole.slice(from: slice.lastIndex.next)
            let joined = EntryBatch.joining([whole.slice(from: first)].filter { !$0.isEmpty })
            #expect(joined == EntryBatch.joining(rest.isEmpty ? [slice] : [slice, rest]))
            #expect(whole.prefix(through: first).count == first - 4)
            let bytes = slice.withUnsafeBytes { [UInt8]($0) }
            #expect(try EntryBatch(verifying: bytes, firstIndex: first, count: slice.count) == slice)
        }
        #expect(whole.slice(from: 25).isEmpty && whole.prefix(through: 4).isEmpty)
    }

    @Test("A slice keeps within its bytes, but holds at least one entry")
    func sliceBytes() {
        let batch = Self.batch([1, 1, 1, 1], size: 8)
        #expect(
            [0, 39, 40, 79, 80, 119, 160].map { batch.slice(from: 1, maxBytes: $0).count } == [1, 1, 1, 1, 2, 2, 4])
    }

    @Test("Recovery finds a gap, a falling term and damage, and names the first (D3, L7)")
    func recovery() throws {
        func recover(_ entries: [EntryBatch]) throws -> RecoveredGroup {
            var recovery = LogRecovery()
            for entry in entries { try entry.withUnsafeBytes { try recovery.visit($0) } }
            return recovery.finish(hardState: nil)
        }
        let two = Self.batch([2, 2])
        let entries = [two.slice(from: 1, maxCount: 1), two.slice(from: 2, maxCount: 1)]
        #expect(try recover(entries).damage == nil)
        #expect(try recover([entries[1]]).damage?.firstIndex == 1)
        #expect(try recover([entries[0], entries[0]]).fault?.contains("log entry 2") == true)
        let falling = try recover([entries[0], Self.batch([1], from: 2), Self.batch([2], from: 3)])
        #expect(falling.terms.last.index == 1 && falling.damage?.spans.map(\.term) == [nil, 2])
        #expect(falling.damage?.last == LogID(term: 2, index: 3))
    }

    @Test("An entry of a newer release is refused, in the middle of damage too (L13)", arguments: [false, true])
    func future(isBehindDamage: Bool) throws {
        var recovery = LogRecovery()
        if isBehindDamage { try recovery.visitMissing() }
        var builder = EntryBatchBuilder(firstIndex: isBehindDamage ? 2 : 1)
        builder.append(EntryKind(rawValue: 9), term: 1, payload: [])
        let error = #expect(throws: StorageError.self) {
            try builder.finish().withUnsafeBytes { try recovery.visit($0) }
        }
        #expect(error?.code == .tooNew)
    }

    @Test("A log that ends before or elsewhere than storage knows is damaged at its end, or contradicts itself (D3)")
    func vouchedEnd() throws {
        let entries = Self.batch([1, 2, 2])
        func recover(last: LogID) throws -> RecoveredGroup {
            var recovery = LogRecovery()
            for position in 0..<entries.count {
                try entries.withUnsafeBytes(ofEntryAt: position) { try recovery.visit($0) }
            }
            return try recovery.finish(hardState: nil, last: last)
        }
        #expect(try recover(last: LogID(term: 2, index: 3)).damage == nil)
        let short = try recover(last: LogID(term: 4, index: 6))
        #expect(short.terms.last.index == 3 && short.damage?.last == LogID(term: 4, index: 6))
        for other in [LogID(term: 3, index: 3), LogID(term: 1, index: 1)] {
            #expect(throws: StorageError.self) { try recover(last: other) }
        }
    }

    @Test("CRC-32C is the published one, and hardware and tables agree at every length and alignment (D3)")
    func checksum() {
        let check = Array("123456789".utf8)
        #expect(raft_crc32c(0, check, check.count) == 0xE306_9283)
        #expect(raft_crc32c_portable(0, check, check.count) == 0xE306_9283)
        var random = RandomNumbers(seed: 1)
        let bytes = (0..<600).map { _ in UInt8(truncatingIfNeeded: random.next()) }
        bytes.withUnsafeBytes { raw in
            guard let base = raw.baseAddress else { return }
            for length in 0...300 {
                let offset = length % 17
                let seed = UInt32(truncatingIfNeeded: random.next())
                let hardware = raft_crc32c(seed, base + offset, length)
                #expect(hardware == raft_crc32c_portable(seed, base + offset, length))
                let cut = Int(random.next(in: 0...UInt64(length)))
                #expect(
                    hardware == raft_crc32c(raft_crc32c(seed, base + offset, cut), base + offset + cut, length - cut))
            }
        }
    }
}
