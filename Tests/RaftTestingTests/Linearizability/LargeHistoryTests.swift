import Testing

@testable import RaftTesting

@Suite("The linearizability checker on 20,000 operations by 50 clients")
struct LargeHistoryTests {
    private static func sample(keys: Int, values: Int? = nil, swaps: UInt64 = 150) -> SampleHistory {
        var sample = SampleHistory()
        sample.operations = 20_000
        sample.clients = 50
        sample.keys = keys
        sample.values = values
        sample.swaps = swaps
        return sample
    }

    @Test("Takes a history that is linearizable by construction", arguments: [1, 10])
    func linearizable(keys: Int) {
        let operations = Self.sample(keys: keys).make()
        #expect(operations.contains { $0.returned == nil })
        #expect(LinearizabilityChecker().check(operations) == .linearizable)
    }

    @Test(
        "Finds the single stale read that is planted in it, and explains it with a few operations", arguments: [1, 10])
    func staleRead(keys: Int) {
        var operations = Self.sample(keys: keys).make()
        guard let index = SampleHistory.plantStaleRead(in: &operations) else {
            Issue.record("no read can be stale")
            return
        }
        let verdict = LinearizabilityChecker().check(operations)
        guard case .violation(let violation) = verdict else {
            Issue.record("\(verdict)")
            return
        }
        #expect(violation.operations.contains(operations[index]), "\(violation)")
        #expect(violation.operations.count <= 5, "\(violation)")
    }
}
