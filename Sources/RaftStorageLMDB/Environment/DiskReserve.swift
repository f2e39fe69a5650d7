import CLMDB
import Glibc

/// Disk that was allocated to the environment's file ahead of need (rule D4).
///
/// LMDB lets the file grow with every page it writes, so a full disk would show in the middle of a commit, and purging,
/// which makes room, needs room itself. Allocated ahead, a full disk shows before anything is written.
struct DiskReserve {
    private let descriptor: Int32
    /// Bytes from the start of the file that have disk behind them; `Int.max` where the file system cannot say.
    private(set) var allocated: Int

    /// - Parameter usedBytes: of the environment. A copy may have holes behind them, and within: they get disk now, or what is
    ///   behind counts for nothing.
    init(descriptor: Int32, fileSize: Int, usedBytes: Int) {
        self.descriptor = descriptor
        // Not `posix_fallocate`, which where the file system cannot would read and write a byte of every block.
        var refusal: Int32
        repeat { refusal = raft_fallocate(descriptor, fileSize) == 0 ? 0 : errno } while refusal == EINTR
        let isFull = refusal == ENOSPC || refusal == EDQUOT
        allocated = isFull ? min(usedBytes, fileSize) : fileSize
    }

    /// Has disk behind the first `size` bytes, and a step more when there is room.
    /// - Returns: 0, or the `errno` of the refusal.
    mutating func extend(to size: Int, step: Int, fault: Int32?) -> Int32 {
        guard size > allocated else { return 0 }
        if let fault { return fault }
        var result: Int32 = 0
        for target in [size + step, size] {
            let target = (target + 0xFFFF) & ~0xFFFF
            repeat {
                result = posix_fallocate(descriptor, off_t(allocated), off_t(target - allocated))
            } while result == EINTR
            switch result {
            case 0:
                allocated = target
                return 0
            case EOPNOTSUPP, ENOSYS, EINVAL:
                // A file system that cannot: full shows when LMDB writes, and that is handled as well.
                allocated = .max
                return 0
            default:
                continue  // Perhaps there is room without the step.
            }
        }
        return result
    }
}
