import Dispatch
import RaftCore
import RaftTesting
import Synchronization

/// Every rule broken once, and what noticed.
enum MutationTable {
    static func run(jobs: Int) -> Bool {
        #if TestBuild
            let rules = Mutation.allCases
            let next = Mutex(0)
            let survivors = Mutex(0)
            DispatchQueue.concurrentPerform(iterations: jobs) { _ in
                while true {
                    let position = next.withLock { next in
                        defer { next += 1 }
                        return next
                    }
                    guard position < rules.count else { return }
                    let verdict = MutationCatalogue.judge(rules[position])
                    let isSound = isSound(verdict, for: rules[position])
                    if !isSound { survivors.withLock { $0 += 1 } }
                    print((isSound ? "" : "SURVIVES  ") + line(rules[position], verdict))
                }
            }
            let failed = survivors.withLock { $0 }
            print("\(rules.count - failed) passed, \(failed) failed")
            return failed == 0
        #else
            return false
        #endif
    }

    /// Whoever was asked noticed it, and nobody cries wolf.
    private static func isSound(_ verdict: MutationVerdict, for rule: Mutation) -> Bool {
        verdict.isCaught
            && (verdict.simulator != nil || !MutationCatalogue.simulated.contains(rule))
            && (verdict.model != nil || MutationCatalogue.modelled[rule] == nil)
            && !(verdict.simulator?.isBlind ?? false) && !(verdict.model?.isBlind ?? false)
    }

    private static func line(_ rule: Mutation, _ verdict: MutationVerdict) -> String {
        var catches: [String] = []
        if let found = verdict.simulator {
            catches.append("simulator, seed \(found.seed)\(found.isBlind ? " (kept too)" : ""): \(found.property)")
        }
        if let found = verdict.model {
            catches.append(
                "model, \(found.root), \(found.states) states, \(found.depth) events"
                    + "\(found.isBlind ? " (kept too)" : ""): \(found.property)")
        }
        if let suite = verdict.suite { catches.append("test, \(suite)") }
        let head = pad(rule.rule, 5) + pad(rule.rawValue, 27)
        return head + (catches.isEmpty ? "nothing noticed it" : catches.joined(separator: "; "))
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}
