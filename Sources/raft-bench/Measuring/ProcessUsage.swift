import Foundation
import Glibc

/// What processes have used so far, as `/proc` tells it.
enum ProcessUsage {
    /// Processor time of this process and of `children`, user and system, in seconds.
    static func processorSeconds(withChildren children: [pid_t] = []) -> Double {
        var own = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
        func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
        return children.reduce(seconds(own.ru_utime) + seconds(own.ru_stime)) { $0 + processorSeconds(of: $1) }
    }

    private static func processorSeconds(of process: pid_t) -> Double {
        // The name in the second field may hold anything; what follows its closing parenthesis is numbers.
        guard let text = contents("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else { return 0 }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// Memory that `process` has in use; nil when it is gone.
    static func residentBytes(of process: pid_t = getpid()) -> UInt64? {
        guard let text = contents("/proc/\(process)/status"),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("VmRSS:") }),
            let kilobytes = line.split(separator: " ").compactMap({ UInt64($0) }).first
        else { return nil }
        return kilobytes << 10
    }

    /// Flushes that the device under `directory` has completed since the system started: the last step of every sync,
    /// by whomever it was asked for. Nil when the system does not count them.
    static func deviceFlushes(under directory: String) -> UInt64? {
        var status = stat()
        guard stat(directory, &status) == 0, let text = contents("/proc/diskstats") else { return nil }
        let device = UInt64(status.st_dev)
        let major = (device >> 8) & 0xfff
        let minor = (device & 0xff) | ((device >> 12) & 0xfff00)
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 19, UInt64(fields[0]) == major, UInt64(fields[1]) == minor else { continue }
            return UInt64(fields[18])
        }
        return nil
    }

    private static func contents(_ path: String) -> String? {
        try? String(contentsOfFile: path, encoding: .utf8)
    }
}
