import Dispatch
import RaftCore
import RaftTesting
import Synchronization

/// Every rule broken once, and what noticed.
enum MutationTable {
    static func run(jobs: Int) -> Bool {
        #if TestBuild
            let rules = MutationCatalogue.simulated
            let next = Mutex(0)
            let rows = Mutex<[Mutation: MutationVerdict]>([:])
            DispatchQueue.concurrentPerform(iterations: jobs) { _ in
                while true {
                    let position = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard position < rules.count else { return }
                    let rule = rules[position]
                    let verdict = MutationCatalogue.judge(rule)
                    rows.withLock { $0[rule] = verdict }
                    print(line(rule, verdict))
                }
            }
            let found = rows.withLock { $0 }
            let survivors = rules.filter { found[$0]?.property == nil }.count
            print("\(rules.count - survivors) passed, \(survivors) failed")
            return survivors == 0
        #else
            return false
        #endif
    }

    private static func line(_ rule: Mutation, _ verdict: MutationVerdict) -> String {
        let head = pad(rule.rule, 5) + pad(rule.rawValue, 27)
        guard let property = verdict.property else { return "\(head)SURVIVES \(verdict.seeds) seeds" }
        return "\(head)simulator, seed \(pad("\(verdict.seeds)", 5))\(property)"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
