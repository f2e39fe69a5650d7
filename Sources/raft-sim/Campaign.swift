import Dispatch
import Glibc
import RaftCore
import RaftTesting
import Synchronization

/// Seeds, one after the other on each of some threads, and what they add up to.
struct Campaign {
    var requirements: SimulationRequirements
    var mutation: Mutation?
    var jobs: Int

    private struct Sum {
        var next: UInt64
        var runs = 0
        var time: UInt64 = 0
        var operations = 0
        var unknown = 0
        var faults = 0
        var leaderChanges = 0
        var events = 0
        var coverage = Coverage()
        var failures: [SimulationFailure] = []
    }

    /// Fewer seeds than this may miss a rare kind of fault by chance.
    private static let telling = 200
    /// These are seen once in hundreds of seeds, or in a thousand.
    private static let rare: [CoveragePoint: Int] = [
        .tooFewLeft: 2000, .enoughLeft: 2000, .stoppedByDamage: 2000, .rottenBodySent: 10_000, .otherCopy: 10_000,
    ]

    func run(_ seeds: ClosedRange<UInt64>) -> Bool {
        let sum = Mutex(Sum(next: seeds.lowerBound))
        let start = Self.seconds()
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while true {
                let seed: UInt64? = sum.withLock { sum in
                    guard sum.next <= seeds.upperBound, sum.failures.count < 5 else { return nil }
                    defer { sum.next += 1 }
                    return sum.next
                }
                guard let seed else { return }
                do throws(SimulationFailure) {
                    let report = try SeedRun.run(seed, requirements: requirements, mutation: mutation)
                    sum.withLock { sum in
                        sum.runs += 1
                        sum.time += report.time
                        sum.operations += report.completedOperations
                        sum.unknown += report.unknownOperations
                        sum.faults += report.faults
                        sum.leaderChanges += report.leaderChanges
                        sum.events += report.events
                        sum.coverage.merge(report.coverage)
                    }
                } catch {
                    sum.withLock { $0.failures.append(error) }
                    print("FAILED \(error)")
                }
            }
        }
        let total = sum.withLock { $0 }
        let span = Self.seconds() - start
        print(
            "\(total.runs) seeds, \(total.time / 3_600_000_000_000) simulated hours, \(total.operations) operations "
                + "completed and \(total.unknown) unknown, \(total.faults) faults, \(total.leaderChanges) changes of "
                + "leader, \(total.events) events, in \(Int(span)) s (\(Int(Double(total.runs) / span * 3600)) seeds/h)"
        )
        for failure in total.failures.prefix(1) { explain(failure) }
        print("coverage:")
        for point in CoveragePoint.allCases { print("  \(point) \(total.coverage[point])") }
        var isSound = total.failures.isEmpty
        let missing = total.coverage.missing.filter { total.runs >= Self.rare[$0] ?? Self.telling }
        if isSound, !missing.isEmpty {
            print("never occurred, so the campaign proves nothing about: \(missing)")
            isSound = false
        }
        print("\(total.runs) passed, \(total.failures.count + (isSound || !total.failures.isEmpty ? 0 : 1)) failed")
        return isSound
    }

    func run(_ seed: UInt64, _ selection: SeedRun.Selection, trace: Bool) -> Bool {
        do throws(SimulationFailure) {
            let report = try SeedRun.run(
                seed, requirements: requirements, mutation: mutation, selection: selection,
                trace: trace ? { print($0) } : nil)
            print(summary(report))
            return true
        } catch {
            print("FAILED \(error)")
            // What was narrowed down already is not narrowed down again.
            if !trace, selection == .everything { explain(error) }
            return false
        }
    }

    /// The same seed twice: nothing may differ.
    func replay(_ seed: UInt64, _ selection: SeedRun.Selection) -> Bool {
        func once() -> UInt64 {
            do throws(SimulationFailure) {
                let report = try SeedRun.run(
                    seed, requirements: requirements, mutation: mutation, selection: selection)
                print(summary(report))
                return report.fingerprint
            } catch {
                print("FAILED \(error), fingerprint \(String(error.fingerprint, radix: 16))")
                return error.fingerprint
            }
        }
        let first = once()
        let second = once()
        print(first == second ? "the two runs are the same" : "the two runs differ")
        return first == second
    }

    private func summary(_ report: SimulationReport) -> String {
        "seed \(report.seed): \(report.time / 1_000_000_000) s, \(report.completedOperations) operations completed and "
            + "\(report.unknownOperations) unknown, \(report.faults) faults, \(report.leaderChanges) changes of leader, "
            + "\(report.events) events, fingerprint \(String(report.fingerprint, radix: 16))"
    }

    /// The replay command and the faults that matter.
    private func explain(_ failure: SimulationFailure) {
        print("replay: \(command(failure.seed))")
        var shrinker = FailureShrinker(failure, requirements: requirements, mutation: mutation)
        let shrunk = shrinker.shrink()
        print(
            "narrowed down in \(shrinker.runs) runs from \(failure.faults.count) faults and "
                + "\(failure.end / 1_000_000) ms of trouble to \(shrunk.faults.count) and "
                + "\(shrunk.end / 1_000_000) ms: \(shrunk)")
        for fault in shrunk.faults { print("  \(fault)") }
        let numbers = shrunk.faults.map { "\($0.number)" }.joined(separator: ",")
        print(
            "replay: \(command(failure.seed)) --faults \(numbers.isEmpty ? "none" : numbers) "
                + "--until \(shrunk.end / 1_000_000) --trace")
    }

    private func command(_ seed: UInt64) -> String {
        "raft-sim --seed \(seed)" + (requirements.operations < 1000 ? " --short" : "")
            + (mutation.map { " --mutation \($0)" } ?? "")
    }

    private static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
