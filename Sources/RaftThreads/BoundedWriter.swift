/// Hands elements to a thread of its own, which may have to wait for a disk or a daemon, so that nobody else does.
///
/// Bounded: an element that finds no room is dropped and counted, and so is one that could not be written. Any thread.
package final class BoundedWriter<Element: Sendable>: Sendable {
    private struct Queue {
        var pending: [Element] = []
        /// How many are accepted and not written yet, pending or in the writer's hands.
        var held = 0
        /// Since that was reported last.
        var dropped = 0
        /// Of these, what could not be written.
        var lost = 0
        /// Whether the last piece was lost.
        var isFailing = false
        var totalDropped = 0
        /// Whether a drain is scheduled or running; it takes what comes meanwhile.
        var isDraining = false
    }

    /// What the writing thread needs: apart from the writer, so that the thread does not keep it alive.
    private struct Output: Sendable {
        let queue = Monitor(Queue())
        let atOnce: Int
        let write: @Sendable (ArraySlice<Element>) -> Int
        let report: @Sendable (Int) -> Void
    }

    private let output: Output
    private let capacity: Int
    private let worker: WorkerThread

    /// - Parameters:
    ///   - name: Of the thread, cut to 15 bytes.
    ///   - capacity: How many wait at most, those in the thread's hands among them.
    ///   - atOnce: How many are written in one piece at most.
    ///   - write: Writes a piece, on the thread, and returns how many of it were lost.
    ///   - report: Is told, on the thread, how many were dropped, behind what was accepted before. While nothing can be written
    ///     it is told of the first that was lost, and of all others when something is written again.
    package init(
        name: String, capacity: Int, atOnce: Int = 1, write: @escaping @Sendable (ArraySlice<Element>) -> Int,
        report: @escaping @Sendable (Int) -> Void
    ) {
        output = Output(atOnce: max(atOnce, 1), write: write, report: report)
        self.capacity = max(capacity, 1)
        worker = WorkerThread(name: name)
    }

    /// How many were dropped since it was made.
    package var totalDropped: Int { output.queue.withLock { $0.totalDropped } }

    /// Never blocks.
    package func add(_ element: Element) {
        let mustStart = output.queue.withLock { queue -> Bool in
            guard queue.held < capacity else {
                queue.dropped += 1
                queue.totalDropped += 1
                return false
            }
            queue.pending.append(element)
            queue.held += 1
            defer { queue.isDraining = true }
            return !queue.isDraining
        }
        if mustStart { worker.schedule { [output] in Self.drain(output) } }
    }

    /// Waits until everything added before is written.
    /// - Parameter limit: How long it waits at most, in nanoseconds.
    package func flush(within limit: UInt64) {
        let deadline = MonotonicClock.nanoseconds() + limit
        output.queue.wait { queue -> WaitStep<Void> in
            if !queue.isDraining { return .done(()) }
            let now = MonotonicClock.nanoseconds()
            return now < deadline ? .waitAtMost(deadline - now) : .done(())
        }
    }

    /// Writes until nothing is left. Runs on the thread.
    private static func drain(_ output: Output) {
        while var (left, dropped) = takeAll(output.queue) {
            while !left.isEmpty {
                let piece = left.prefix(output.atOnce)
                left = left.dropFirst(piece.count)
                let lost = output.write(piece)
                dropped += output.queue.withLock { queue in
                    queue.held -= piece.count
                    queue.totalDropped += lost
                    queue.lost += lost
                    let isFailing = lost == piece.count
                    defer { queue.isFailing = isFailing }
                    if queue.isFailing, isFailing { return 0 }
                    defer { queue.lost = 0 }
                    return queue.lost
                }
            }
            if dropped > 0 { output.report(dropped) }
        }
        output.queue.signal()
    }

    /// Takes what is pending, and how many found no room; nil, and the drain is over, when that is nothing.
    private static func takeAll(_ queue: Monitor<Queue>) -> (ArraySlice<Element>, Int)? {
        queue.withLock { queue in
            guard !queue.pending.isEmpty || queue.dropped > 0 else {
                queue.isDraining = false
                return nil
            }
            let taken = (queue.pending[...], queue.dropped)
            queue.pending = []
            queue.dropped = 0
            return taken
        }
    }
}
