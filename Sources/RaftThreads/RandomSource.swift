internal import Glibc

/// Random numbers from the kernel: seeds, identities, election jitter outside the simulator.
public enum RandomSource {
    /// 64 random bits. Any thread; waits only while the machine has not gathered randomness since it started.
    public static func next() -> UInt64 {
        var value: UInt64 = 0
        // The C library's getentropy is getrandom(2) with the retry after a signal.
        let code = withUnsafeMutableBytes(of: &value) { bytes -> CInt in
            guard let start = bytes.baseAddress else { return -1 }
            return getentropy(start, bytes.count)
        }
        // A kernel without getrandom cannot give identities that are safe to use.
        precondition(code == 0, "getentropy failed with error \(errno)")
        return value
    }
}
