import Glibc
import RaftTracing
import RaftThreads

/// What an event costs in the flight recorder, from the call to the slot, beside what the machine needs for a slot: a copy
/// of 256 bytes into a ring of the same size, and beside a clock, which every event reads.
struct RecorderProbe: Sendable {
    /// Of each part.
    var seconds: Double

    /// Nanoseconds.
    struct Result: Sendable {
        var copy: Double
        var clock: Double
        var events: [(recorder: String, event: String, cost: Double)]

        func text(_ output: OutputFormat) -> String {
            switch output {
            case .json:
                JSON.object(
                    [("copy_ns", .number(copy, 1)), ("clock_ns", .number(clock, 1))]
                        + events.map { ("\($0.recorder)_\($0.event)_ns", .number($0.cost, 1)) }
                ).text
            case .text:
                ([
                    "| recorder | event | ns | times a copy of 256 bytes, \(JSON.number(copy, 1).text) ns "
                        + "| without the clock, \(JSON.number(clock, 1).text) ns |",
                    "|---|---|---|---|---|",
                ]
                    + events.map {
                        "| \($0.recorder) | \($0.event) | \(JSON.number($0.cost, 1).text) "
                            + "| \(JSON.number($0.cost / copy, 1).text) | \(JSON.number($0.cost - clock, 1).text) |"
                    }).joined(separator: "\n")
            }
        }
    }

    func run() throws -> Result {
        guard Tracer.isCompiledIn(.trace) else {
            throw BenchError(
                "this build has no events of level trace: build it without a trait MaxTraceLevel…", isUsage: true)
        }
        guard seconds >= 0.05, seconds <= 3600 else {
            throw BenchError("--duration must be between 0.05 and 3600 seconds", isUsage: true)
        }
        var result = Result(copy: copy(), clock: clock(), events: [])
        let directory = try RowTracing.recorderDirectory()
        defer { directory.remove() }
        for (name, path) in [("memory", nil), ("file", "\(directory.path)/recording")] {
            let recorder = try FlightRecorder(events: RowTracing.recorderEvents, cluster: "bench", node: 1, path: path)
            let tracer = Tracer(
                sink: FanOutSink([]), level: .critical, fields: [.cluster("bench"), .node(1)], recorder: recorder
            ).scoped(to: "core")
            result.events.append((name, "one field", oneField(tracer)))
            result.events.append((name, "five fields", fiveFields(tracer)))
        }
        return result
    }

    /// As when an index moves.
    private func oneField(_ tracer: Tracer) -> Double {
        cost { number in
            tracer.trace(.entriesApplied, "applied to entry \(number)", [.index(number)])
        }
    }

    /// As when a message comes, which is the longest of the frequent ones.
    private func fiveFields(_ tracer: Tracer) -> Double {
        cost { number in
            tracer.trace(
                .messageReceived, "AppendEntries of node 2 in term 3",
                [.message("AppendEntries"), .peer(2), .term(3), .index(number), .count(1)])
        }
    }

    private func clock() -> Double {
        var sum: UInt64 = 0
        let cost = cost { _ in sum &+= WallClock.nanoseconds() }
        // Used, so that it is not left out.
        return sum == 0 ? 0 : cost
    }

    private func copy() -> Double {
        let size = 256
        let bytes = RowTracing.recorderEvents * size
        let ring = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
        let slot = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 64)
        defer {
            ring.deallocate()
            slot.deallocate()
        }
        ring.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        slot.initializeMemory(as: UInt8.self, repeating: 1, count: size)
        return cost { number in
            let place = Int(number) % RowTracing.recorderEvents * size
            slot.storeBytes(of: number, as: UInt64.self)
            // In range: the ring has room for so many slots.
            memcpy(ring + place, slot, size)
        }
    }

    /// Nanoseconds of one call: the median of nine rounds, since anything else that runs only adds.
    private func cost(_ body: (UInt64) -> Void) -> Double {
        let rounds = 9
        let block: UInt64 = 1000
        var costs: [Double] = []
        var number: UInt64 = 0
        for _ in 0..<rounds {
            let start = MonotonicClock.nanoseconds()
            let end = start + UInt64(seconds / Double(rounds) * 1e9)
            let first = number
            var now = start
            repeat {
                for _ in 0..<block {
                    body(number)
                    number += 1
                }
                now = MonotonicClock.nanoseconds()
            } while now < end
            costs.append(Double(now - start) / Double(number - first))
        }
        return costs.sorted()[rounds / 2]
    }
}
