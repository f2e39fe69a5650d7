import Testing

@testable import RaftTesting

@Suite("The linearizability checker")
struct LinearizabilityCheckerTests {
    private static func write(
        _ value: String?, _ process: Int, _ invoked: UInt64, _ returned: UInt64?, key: String = "x"
    ) -> HistoryOperation {
        HistoryOperation(process: process, key: key, action: .write(value), invoked: invoked, returned: returned)
    }

    private static func read(
        _ value: String?, _ process: Int, _ invoked: UInt64, _ returned: UInt64?, key: String = "x"
    ) -> HistoryOperation {
        HistoryOperation(process: process, key: key, action: .read(value), invoked: invoked, returned: returned)
    }

    private func check(_ operations: [HistoryOperation], initial: [String: String] = [:]) -> Verdict {
        LinearizabilityChecker().check(operations, initial: initial)
    }

    @Test("Agrees with every order tried, on thousands of small histories", arguments: 0..<20)
    func agreesWithExhaustiveSearch(block: UInt64) {
        var verdicts = [0, 0]
        for offset in 0..<500 {
            let seed = block * 500 + UInt64(offset)
            var random = SeededRandom(seed: seed)
            let operations = RandomHistory.operations(random.index(below: 6) + 1, &random)
            let initial: String? = random.chance(500) ? "1" : nil
            let expected = ExhaustiveChecker(operations: operations).isLinearizable(initial: initial)
            let verdict = check(operations, initial: initial.map { ["x": $0] } ?? [:])
            #expect(verdict.isLinearizable == expected, "seed \(seed): \(operations)")
            verdicts[expected ? 1 : 0] += 1
            var search = RegisterSearch(RegisterHistory(operations, initial: initial))
            let found = search.run(stepBudget: 100_000)
            #expect(found == (expected ? .linearizable : .notLinearizable), "seed \(seed): \(operations)")

            let timed = operations.map {
                TimedOperation(
                    RegisterModel.Operation($0.action, isOpen: $0.returned == nil), invoked: $0.invoked,
                    returned: $0.returned)
            }
            let plain = LinearizabilitySearch(RegisterModel(initial: initial)).run(timed)
            #expect(plain == (expected ? .linearizable : .notLinearizable), "seed \(seed): \(operations)")
            guard case .violation(let violation) = verdict else { continue }
            let reason = ExhaustiveChecker(operations: violation.operations)
            #expect(!reason.isLinearizable(initial: initial), "seed \(seed): \(violation)")
        }
        #expect(verdicts.allSatisfy { $0 > 50 }, "one verdict hardly occurs: \(verdicts)")
    }

    @Test(
        "Agrees with the plain search on middle-sized histories, whole and with one answer changed", arguments: 0..<20)
    func agreesWithPlainSearch(block: UInt64) {
        var violations = 0
        for offset in 0..<20 {
            var sample = SampleHistory()
            sample.seed = block * 20 + UInt64(offset)
            sample.operations = 40
            sample.clients = 5
            sample.lost = 60
            sample.values = offset % 2 == 0 ? 3 : nil
            sample.swaps = offset % 4 < 2 ? 0 : 250
            var operations = sample.make()
            #expect(check(operations) == .linearizable, "seed \(sample.seed)")
            var random = SeededRandom(seed: sample.seed)
            let index = random.index(below: operations.count)
            if case .read = operations[index].action { operations[index].action = .read("1") }
            if case .compareAndSet(let expected, let new, let did) = operations[index].action {
                operations[index].action = .compareAndSet(expected: expected, new: new, succeeded: !did)
            }
            let timed = operations.map {
                TimedOperation(
                    RegisterModel.Operation($0.action, isOpen: $0.returned == nil), invoked: $0.invoked,
                    returned: $0.returned)
            }
            let plain = LinearizabilitySearch(RegisterModel()).run(timed)
            guard case .undecided = plain else {
                #expect(check(operations).isLinearizable == (plain == .linearizable), "seed \(sample.seed)")
                if plain == .notLinearizable { violations += 1 }
                continue
            }
        }
        #expect(violations > 0)
    }

    @Test("A stale read is found and explained by three operations")
    func staleRead() throws {
        let operations = [
            Self.write("1", 1, 0, 2), Self.read("1", 2, 1, 4), Self.write("4", 1, 5, 7), Self.write("5", 2, 9, 12),
            Self.read("5", 4, 14, 15), Self.read("4", 3, 17, 21), Self.write("6", 2, 18, nil),
            Self.write("7", 1, 30, 31),
        ]
        guard case .violation(let violation) = check(operations) else {
            Issue.record("not found")
            return
        }
        #expect(violation.operations == [operations[2], operations[3], operations[5]])
        #expect(
            violation.summary == """
                key "x": read by process 3 returned "4" at 17…21, but "4", written by process 1 at 5…7, had been replaced: \
                the write of "5" by process 2 at 9…12 began after that, and was done before the read began
                """)
        #expect(violation.description.hasSuffix("\n  process 3 read x = \"4\" at 17…21"))
    }

    @Test("A value that a compare-and-set took away is not read again")
    func swappedValue() {
        let swap = HistoryOperation(
            process: 2, key: "x", action: .compareAndSet(expected: "1", new: "2", succeeded: true), invoked: 1,
            returned: 4)
        guard case .violation(let violation) = check([Self.write("1", 1, 0, 5), swap, Self.read("1", 3, 6, 7)]) else {
            Issue.record("not found")
            return
        }
        #expect(violation.operations.count == 3)
        #expect(violation.reason.contains("had been replaced: the compare-and-set by process 2 at 1…4 found it"))
    }

    @Test("Reads that disagree about the order of two writes are found by search, and shrunk")
    func disagreeingReads() {
        let operations = [
            Self.write("1", 1, 0, 30), Self.write("2", 2, 0, 30), Self.read("1", 3, 1, 2), Self.read("2", 3, 3, 4),
            Self.read("1", 4, 5, 40), Self.read("2", 5, 31, 32), Self.read("1", 5, 33, 34), Self.read("2", 6, 35, 36),
        ]
        guard case .violation(let violation) = check(operations) else {
            Issue.record("not found")
            return
        }
        #expect(violation.operations.count < operations.count)
        #expect(!ExhaustiveChecker(operations: violation.operations).isLinearizable())
    }

    @Test("A deletion that nobody reads hides a write from a failed comparison")
    func hiddenWrite() {
        let mismatch = HistoryOperation(
            process: 2, key: "x", action: .compareAndSet(expected: "2", new: "1", succeeded: false), invoked: 8,
            returned: 10)
        let operations = [
            Self.write("2", 0, 3, 7), Self.read("1", 1, 3, 4), mismatch, Self.write(nil, 3, 0, 4),
            Self.write("1", 4, 0, 1),
        ]
        #expect(check(operations) == .linearizable)
        #expect(check(operations, initial: ["x": "1"]) == .linearizable)
    }

    @Test("A value that nobody wrote is called so")
    func inventedValue() {
        guard case .violation(let violation) = check([Self.write("1", 1, 0, 2), Self.read("2", 2, 3, 4)]) else {
            Issue.record("not found")
            return
        }
        #expect(violation.operations.count == 1)
        #expect(violation.reason.hasSuffix("but nobody had written \"2\" by then"))
    }

    @Test("Operations that touch at one instant are concurrent")
    func tiesAreConcurrent() {
        #expect(check([Self.write("1", 1, 0, 5), Self.read(nil, 2, 5, 6)]) == .linearizable)
        #expect(check([Self.write("1", 1, 0, 5), Self.read(nil, 2, 6, 7)]) != .linearizable)
    }

    @Test("A write of unknown outcome may take effect late, or never, but not before its call")
    func openWrites() {
        #expect(check([Self.write("1", 1, 0, nil), Self.read(nil, 2, 50, 60)]) == .linearizable)
        #expect(check([Self.write("1", 1, 0, nil), Self.read(nil, 2, 5, 6), Self.read("1", 2, 7, 8)]) == .linearizable)
        #expect(check([Self.write("1", 1, 7, nil), Self.read("1", 2, 5, 6)]) != .linearizable)
        #expect(
            check([Self.write("1", 1, 0, nil), Self.read("1", 2, 5, 6), Self.read(nil, 2, 7, 8)]) != .linearizable)
    }

    @Test("Keys are checked for themselves, with their own values at the start")
    func keys() {
        let operations = [Self.read("a", 1, 0, 1, key: "x"), Self.read(nil, 1, 2, 3, key: "y")]
        #expect(check(operations, initial: ["x": "a"]) == .linearizable)
        #expect(check(operations) != .linearizable)
        guard case .violation(let violation) = check(operations, initial: ["x": "a", "y": "b"]) else {
            Issue.record("not found")
            return
        }
        #expect(violation.key == "y")
    }

    @Test("Values that Unicode calls equivalent are different bytes")
    func bytes() {
        #expect(check([Self.write("\u{E9}", 1, 0, 1), Self.read("e\u{301}", 2, 2, 3)]) != .linearizable)
        #expect(check([Self.write("\u{E9}", 1, 0, 1), Self.read("\u{E9}", 2, 2, 3)]) == .linearizable)
    }

    @Test("An exhausted budget is undecided, and says where")
    func budget() {
        var sample = SampleHistory()
        sample.operations = 200
        let verdict = LinearizabilityChecker(stepBudget: 3).check(sample.make())
        guard case .undecided(let undecided) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(undecided.key == "key0")
        #expect(undecided.steps == 3)
    }

    @Test("A history without operations, and the largest times, are no trouble")
    func extremes() {
        #expect(check([]) == .linearizable)
        #expect(check([Self.write("1", 1, .max, .max), Self.read("1", 2, .max, 0)]) == .linearizable)
        #expect(check([Self.write("1", .max, 0, 0), Self.read("1", .min, 1, .max)]) == .linearizable)
    }
}
