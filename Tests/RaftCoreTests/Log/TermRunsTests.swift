import RaftCore
import RaftMembership
import Testing

@Suite("The terms of a log that is compacted")
struct TermRunsTests {
    /// A log as a plain list.
    struct Naive {
        var base: LogID
        var entries: [LogID]

        /// Forgets what lies up to `position`; all of it, where there is no such entry.
        mutating func purge(through position: LogID) {
            guard position.index > base.index else { return }
            entries = entries.contains(position) ? entries.filter { $0.index > position.index } : []
            base = position
        }

        var runs: TermRuns {
            var runs = TermRuns(base: base)
            for id in entries { runs.append(id) }
            return runs
        }
    }

    /// Every log of at most six entries whose terms rise by at most two at a time.
    static func logs(on base: LogID) -> [Naive] {
        var logs = [Naive(base: base, entries: [])]
        for log in 0... {
            guard log < logs.count, logs[log].entries.count < 6 else { break }
            let last = logs[log].entries.last ?? base
            for rise in 0...2 as ClosedRange<UInt64> where last.term.rawValue + rise > 0 {
                var longer = logs[log]
                longer.entries.append(LogID(term: Term(last.term.rawValue + rise), index: last.index.next))
                logs.append(longer)
            }
        }
        return logs
    }

    @Test(
        "Purging leaves what it leaves of a plain list, for every short log and every position (L4, L5, L12, S10)",
        arguments: [LogID.zero, LogID(term: 2, index: 4)])
    func purge(base: LogID) {
        var checked = 0
        for log in Self.logs(on: base) {
            let last = log.entries.last ?? base
            for index in 0...last.index.rawValue + 2 {
                for term in 0...last.term.rawValue + 1 {
                    let position = LogID(term: Term(term), index: LogIndex(index))
                    var (purged, expected) = (log.runs, log)
                    purged.purge(through: position)
                    expected.purge(through: position)
                    checked += 1
                    if purged == expected.runs, Self.reads(purged, as: expected) { continue }
                    Issue.record("\(log) purged through \(position) is \(purged)")
                    return
                }
            }
        }
        #expect(checked > 20_000)
    }

    private static func reads(_ runs: TermRuns, as log: Naive) -> Bool {
        guard runs.base == log.base, runs.last == log.entries.last ?? log.base else { return false }
        for index in 0...log.base.index.rawValue + 10 {
            let index = LogIndex(index)
            let entry = index == log.base.index ? log.base : log.entries.first { $0.index == index }
            guard runs.term(at: index) == entry?.term else { return false }
        }
        return log.entries.allSatisfy { entry in
            runs.firstIndexOfTerm(at: entry.index) == log.entries.first { $0.term == entry.term }?.index
        }
    }

    @Test("What is purged once and again is what is purged at once; appending and cutting go on from there")
    func further() {
        for log in Self.logs(on: .zero) where log.entries.count == 6 {
            var (twice, once) = (log.runs, log.runs)
            twice.purge(through: log.entries[1])
            twice.purge(through: log.entries[3])
            once.purge(through: log.entries[3])
            guard twice == once else {
                Issue.record("\(log)")
                return
            }
            var cut = once
            cut.truncate(after: log.entries[4].index)
            cut.append(log.entries[5])
            cut.truncate(after: log.entries[3].index)
            cut.append(log.entries[4])
            cut.append(log.entries[5])
            guard cut == once else {
                Issue.record("\(log) with an end that was written again is \(cut)")
                return
            }
        }
    }
}
