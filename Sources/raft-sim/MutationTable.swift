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
                    let verdict = MutationCatalogue.judge(rules[position])
                    rows.withLock { $0[rules[position]] = verdict }
                }
            }
            let found = rows.withLock { $0 }
            var survivors = 0
            print("rule   mutation                    caught by             seeds  property")
            for rule in rules {
                guard let verdict = found[rule], verdict.property != nil else {
                    survivors += 1
                    print("\(pad(rule.rule, 6)) \(pad(rule.rawValue, 27)) SURVIVES after \(found[rule]?.seeds ?? 0) seeds")
                    continue
                }
                print(
                    "\(pad(rule.rule, 6)) \(pad(rule.rawValue, 27)) simulator             "
                        + "\(pad("\(verdict.seeds)", 6)) \(verdict.property ?? "")")
            }
            print("\(rules.count - survivors) passed, \(survivors) failed")
            return survivors == 0
        #else
            return false
        #endif
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
