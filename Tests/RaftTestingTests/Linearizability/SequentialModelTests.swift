import RaftTesting
import Testing

/// A counter, as its documentation has it.
private struct CountedModel: SequentialModel {
    enum Call {
        case add(Int)
        case get(answered: Int)
    }

    let initialState = 0
    var knowsReads = false

    func apply(_ call: Call, to total: Int) -> Int? {
        switch call {
        case .add(let amount): total + amount
        case .get(let answered): answered == total ? total : nil
        }
    }

    func isReadOnly(_ call: Call) -> Bool {
        if case .get = call { knowsReads } else { false }
    }
}

@Suite("The search over a model of one's own")
struct SequentialModelTests {
    private typealias Timed = TimedOperation<CountedModel.Call>

    @Test("Finds an order, or shows that there is none", arguments: [false, true])
    func counter(knowsReads: Bool) {
        let search = LinearizabilitySearch(CountedModel(knowsReads: knowsReads))
        let adds = [Timed(.add(1), invoked: 0, returned: 10), Timed(.add(2), invoked: 0, returned: 10)]
        #expect(search.run([]) == .linearizable)
        #expect(search.run(adds + [Timed(.get(answered: 2), invoked: 5, returned: 6)]) == .linearizable)
        #expect(search.run(adds + [Timed(.get(answered: 2), invoked: 11, returned: 12)]) == .notLinearizable)
        #expect(search.run(adds + [Timed(.get(answered: 3), invoked: 11, returned: 12)]) == .linearizable)
    }

    @Test("An open operation counts where it is needed, and nowhere else", arguments: [false, true])
    func open(knowsReads: Bool) {
        let search = LinearizabilitySearch(CountedModel(knowsReads: knowsReads))
        let add = Timed(.add(1), invoked: 0, returned: nil)
        for answers in [[0, 0], [0, 1], [1, 1]] {
            let reads = answers.enumerated().map {
                Timed(.get(answered: $0.element), invoked: UInt64($0.offset * 2), returned: UInt64($0.offset * 2 + 1))
            }
            #expect(search.run([add] + reads) == .linearizable)
        }
        let back = [
            Timed(.get(answered: 1), invoked: 2, returned: 3), Timed(.get(answered: 0), invoked: 4, returned: 5),
        ]
        #expect(search.run([add] + back) == .notLinearizable)
    }

    @Test("A long history takes no stack, and the budget ends a search")
    func longHistory() {
        let operations = (0..<20_000).map { (number: Int) -> Timed in
            let start = UInt64(number) * 2
            return Timed(.add(number % 3), invoked: start, returned: start + 1)
        }
        #expect(LinearizabilitySearch(CountedModel()).run(Array(operations.prefix(5_000))) == .linearizable)
        #expect(LinearizabilitySearch(CountedModel(), stepBudget: 100).run(operations) == .undecided(steps: 100))
    }
}
