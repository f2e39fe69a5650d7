import Glibc
import RaftThreads

/// The small parts that everything else is made of.
enum MachineProbes {
    /// Waking a thread that sleeps in `read`, in seconds: half a turn between two threads.
    static func wakeUp(seconds: Double) throws(BenchError) -> Double {
        var there: [Int32] = [-1, -1]
        var back: [Int32] = [-1, -1]
        defer { for end in there + back { close(end) } }
        guard pipe(&there) == 0, pipe(&back) == 0 else {
            throw BenchError("no pipe: \(String(cString: strerror(errno)))")
        }
        let (thereIn, thereOut, backIn, backOut) = (there[0], there[1], back[0], back[1])
        @Sendable func pass(_ byte: UInt8, to pipe: Int32) -> Bool {
            var byte = byte
            return write(pipe, &byte, 1) == 1
        }
        @Sendable func take(from pipe: Int32) -> UInt8 {
            var byte: UInt8 = 0
            return read(pipe, &byte, 1) == 1 ? byte : 0
        }
        let round = ProbeThreads.pingPong(
            seconds: seconds,
            ask: { pass(1, to: thereOut) && take(from: backIn) == 1 },
            answer: { while take(from: thereIn) == 1, pass(1, to: backOut) {} },
            finish: { _ = pass(0, to: thereOut) })
        guard let round else { throw BenchError("the wake-up probe made no round") }
        return round / 2
    }

    /// Bytes a second that one core copies, in blocks of a mebibyte.
    static func copyRate(seconds: Double) -> Double {
        let size = 1 << 20
        var source = [UInt8](repeating: 1, count: size)
        var target = [UInt8](repeating: 0, count: size)
        let start = MonotonicClock.nanoseconds()
        let end = start + UInt64(seconds * 1e9)
        var copied = 0
        while MonotonicClock.nanoseconds() < end {
            target.withUnsafeMutableBytes { to in source.withUnsafeBytes { to.copyMemory(from: $0) } }
            // Each copy depends on the one before, so that none can be left out.
            source[copied % size] &+= target[(copied + 1) % size]
            copied += size
        }
        return Double(copied) / (Double(MonotonicClock.nanoseconds() - start) / 1e9)
    }
}
