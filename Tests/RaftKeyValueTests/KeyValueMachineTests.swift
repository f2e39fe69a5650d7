import RaftCore
import RaftKeyValue
import Testing

@Suite("The key-value machine")
struct KeyValueMachineTests {
    @Test("A put says whether the key was there, a get what its value is")
    func putAndGet() {
        var machine = KeyValueMachine()
        #expect(machine.answer(.get(key: b("a"))) == .value(nil))
        #expect(machine.apply(.put(key: b("a"), value: b("1"))) == .ok(existed: false))
        #expect(machine.apply(.put(key: b("a"), value: [])) == .ok(existed: true))
        #expect(machine.answer(.get(key: b("a"))) == .value([]))
        #expect(machine.count == 1)
    }

    @Test("A delete says whether there was anything to delete")
    func delete() {
        var machine = KeyValueMachine()
        #expect(machine.apply(.delete(key: b("a"))) == .notFound)
        machine.put("a", "1")
        #expect(machine.apply(.delete(key: b("a"))) == .ok(existed: true))
        #expect(machine.answer(.get(key: b("a"))) == .value(nil))
        #expect(machine.count == 0)
    }

    @Test("A compare-and-set writes only over the value it expects, and else says what is there")
    func compareAndSet() {
        var machine = KeyValueMachine()
        func swap(_ expected: String?, _ new: String) -> KeyValueOutput {
            machine.apply(.compareAndSet(key: b("a"), expected: expected.map(b), new: b(new)))
        }
        #expect(swap("0", "1") == .mismatch(current: nil))
        #expect(swap(nil, "1") == .ok(existed: false))
        #expect(swap(nil, "2") == .mismatch(current: b("1")))
        #expect(swap("0", "2") == .mismatch(current: b("1")))
        #expect(swap("1", "") == .ok(existed: true))
        // An empty value is not a missing one.
        #expect(swap(nil, "3") == .mismatch(current: []))
        #expect(swap("", "3") == .ok(existed: true))
        #expect(machine.answer(.get(key: b("a"))) == .value(b("3")))
    }

    @Test("A list gives the keys of a prefix in byte order, page by page")
    func list() {
        var machine = KeyValueMachine()
        for number in 0..<200 { machine.put("user/\(number)", "\(number)") }
        for other in ["user", "user.", "user0", "a", "z"] { machine.put(other, "") }
        let expected = (0..<200).map { "user/\($0)" }.sorted { b($0).lexicographicallyPrecedes(b($1)) }

        var (keys, after, pages, more) = ([] as [[UInt8]], nil as [UInt8]?, 0, true)
        while more, pages < 100 {
            let answer = machine.answer(.list(prefix: b("user/"), limit: 30, after: after))
            guard case .entries(let entries, let goesOn) = answer else { break }
            #expect(entries.count <= 30)
            keys += entries.map(\.key)
            (after, more, pages) = (entries.last?.key, goesOn, pages + 1)
        }
        #expect(keys == expected.map(b))
        #expect(pages == 7)

        #expect(machine.answer(.list(prefix: b("v"), limit: 9, after: nil)) == .entries([], more: false))
        #expect(machine.answer(.list(prefix: b("user/"), limit: 9, after: b("v"))) == .entries([], more: false))
        #expect(machine.answer(.list(prefix: b("user/"), limit: 0, after: nil)) == .entries([], more: true))
        let all = machine.answer(.list(prefix: [], limit: .max, after: nil))
        guard case .entries(let entries, let goesOn) = all else { return }
        #expect(entries.count == 205)
        #expect(!goesOn)
        // A start before the prefix begins with the prefix.
        #expect(
            machine.answer(.list(prefix: b("z"), limit: 9, after: b("b")))
                == .entries([KeyValueEntry(key: b("z"), value: [])], more: false))
    }

    @Test("A list over keys of 0xFF stops at the end of its prefix")
    func listAtTheEnd() {
        var machine = KeyValueMachine()
        for key in [[0xFE], [0xFF], [0xFF, 0xFF], [0xFF, 0xFF, 0]] as [[UInt8]] {
            _ = machine.apply(.put(key: key, value: []))
        }
        guard case .entries(let entries, false) = machine.answer(.list(prefix: [0xFF, 0xFF], limit: 9, after: nil))
        else {
            Issue.record("not a complete list")
            return
        }
        #expect(entries.map(\.key) == [[0xFF, 0xFF], [0xFF, 0xFF, 0]])
    }

    @Test("An answer is bounded in bytes and in entries, and every page goes forward")
    func listIsBounded() {
        var machine = KeyValueMachine()
        let large = [UInt8](repeating: 7, count: KeyValueLimits.valueBytes)
        for number in 0..<3 { _ = machine.apply(.put(key: b("large \(number)"), value: large)) }
        for number in 0..<10_001 { _ = machine.apply(.put(key: b("small \(number)"), value: [])) }

        guard case .entries(let first, true) = machine.answer(.list(prefix: b("large"), limit: .max, after: nil)),
            case .entries(let second, true) = machine.answer(
                .list(prefix: b("large"), limit: .max, after: first.last?.key)),
            case .entries(let small, true) = machine.answer(.list(prefix: b("small"), limit: .max, after: nil))
        else {
            Issue.record("lists are complete that should not be")
            return
        }
        #expect(first.map(\.key) == [b("large 0")])
        #expect(second.map(\.key) == [b("large 1")])
        #expect(small.count == KeyValueLimits.listEntries)
    }

    @Test("A view stays as it was while the machine goes on, and gives the machine back (S7)")
    func view() {
        var machine = KeyValueMachine()
        for number in 0..<500 { machine.put("key \(number)", "\(number)") }
        let view = machine.entries
        let expected = Array(view)
        for number in 0..<500 where number % 2 == 0 { _ = machine.apply(.delete(key: b("key \(number)"))) }
        machine.put("key 1", "other")
        #expect(Array(view) == expected)
        #expect(view.count == 500)

        let restored = KeyValueMachine(entries: view)
        #expect(Array(restored.entries) == expected)
        #expect(restored.answer(.get(key: b("key 1"))) == .value(b("1")))
        #expect(machine.answer(.get(key: b("key 1"))) == .value(b("other")))
        #expect(machine.count == 250)
    }

    @Test("As a state machine it reads its own commands and says that it is cheap")
    func seam() throws {
        func apply<Machine: QueryableStateMachine>(
            _ command: Machine.Command, to machine: inout Machine
        ) throws -> [UInt8] {
            let bytes = try Machine.encode(command)
            let decoded = try bytes.withUnsafeBytes { try Machine.decode($0) }
            return Machine.encode(try machine.apply(decoded))
        }
        var machine = KeyValueMachine()
        #expect(machine.isInline)
        #expect(try apply(.put(key: b("k"), value: b("v")), to: &machine) == [1, 1, 0])
        #expect(try apply(.put(key: b("k"), value: b("v")), to: &machine) == [1, 1, 1])
        #expect(throws: KeyValueCodingError.self) { try KeyValueMachine.encode(.delete(key: [])) }
    }
}

private func b(_ text: String) -> [UInt8] { Array(text.utf8) }

extension KeyValueMachine {
    fileprivate mutating func put(_ key: String, _ value: String) { _ = apply(.put(key: b(key), value: b(value))) }
}
