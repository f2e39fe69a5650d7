import RaftThreads
import Synchronization
import Testing

@Suite("A worker thread runs jobs one after the other")
struct WorkerThreadTests {
    @Test("Jobs run in the order in which one thread scheduled them")
    func order() {
        let worker = WorkerThread(name: "test-order")
        let seen = Recorder<Int>()
        for number in 0..<10_000 { worker.schedule { seen.append(number) } }
        worker.stopAndJoin()
        #expect(seen.values == Array(0..<10_000))
    }

    @Test("Jobs of several threads all run, each thread's in its order, never two at once")
    func severalThreads() {
        let worker = WorkerThread(name: "test-several")
        let seen = Recorder<Int>()
        let running = Mutex(0)
        let overlaps = Mutex(0)
        let sources = (0..<4).map { WorkerThread(name: "source-\($0)") }
        for (number, source) in sources.enumerated() {
            source.schedule {
                for step in 0..<1000 {
                    worker.schedule {
                        let others = running.withLock { running -> Int in
                            running += 1
                            return running - 1
                        }
                        overlaps.withLock { $0 += others }
                        seen.append(number * 1000 + step)
                        running.withLock { $0 -= 1 }
                    }
                }
            }
        }
        for source in sources { source.stopAndJoin() }
        worker.stopAndJoin()
        #expect(overlaps.withLock { $0 } == 0)
        for number in 0..<4 {
            #expect(seen.values.filter { $0 / 1000 == number } == Array(number * 1000..<number * 1000 + 1000))
        }
    }

    @Test("A worker that has gone idle wakes for the next job")
    func wakesFromIdle() {
        let worker = WorkerThread(name: "test-idle")
        for _ in 0..<500 {
            let done = Monitor(false)
            worker.schedule {
                done.withLock { $0 = true }
                done.signal()
            }
            #expect(done.waitForTrue())
        }
        worker.stopAndJoin()
    }

    @Test("Stopping runs what is queued, refuses what comes later, and does not wait for a job that hangs (D5)")
    func stopDoesNotWait() {
        let worker = WorkerThread(name: "test-stop")
        let gate = Monitor(false)
        let seen = Recorder<String>()
        worker.schedule { _ = gate.waitForTrue() }
        worker.schedule { seen.append("queued") }
        worker.stop()
        #expect(seen.values.isEmpty)
        #expect(worker.schedule { seen.append("late") } == false)
        gate.withLock { $0 = true }
        gate.signal()
        worker.stopAndJoin()
        worker.stopAndJoin()
        #expect(seen.values == ["queued"])
    }

    @Test("A worker may stop itself")
    func stopsItself() {
        let worker = WorkerThread(name: "test-self")
        let done = Monitor(false)
        worker.schedule {
            worker.stopAndJoin()
            done.withLock { $0 = true }
            done.signal()
        }
        #expect(done.waitForTrue())
    }

    @Test("Dropping the last reference lets the queued jobs run and the thread end")
    func dropping() {
        let done = Monitor(false)
        do {
            let worker = WorkerThread(name: "test-drop")
            let witness = Witness { done.withLock { $0 = true } }
            worker.schedule { _ = witness }
        }
        #expect(done.waitForTrue(polling: true))
    }

    @Test("The thread carries its name, cut to fifteen bytes")
    func name() {
        let worker = WorkerThread(name: "a-name-longer-than-fifteen")
        let seen = Recorder<String>()
        worker.schedule { seen.append(threadName()) }
        worker.stopAndJoin()
        #expect(seen.values == ["a-name-longer-t"])
    }
}
