internal import Glibc
import RaftTracing
import Synchronization

/// An open file of spans. Written to by one thread.
final class SpanFile: Sendable {
    /// Of a line, more or less: readers of lines have limits, the collector's is a mebibyte.
    private static let spansOfALine = 256

    private let descriptor: CInt
    private let resource: [TraceField]
    /// The last write came to an end within a line.
    private let isTorn = Atomic(false)

    init(path: String, resource: [TraceField]) throws(SpanFileError) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            throw SpanFileError(message: "spans cannot be written to \(path): \(String(cString: strerror(errno)))")
        }
        self.resource = resource
    }

    deinit { close(descriptor) }

    /// - Returns: How many of them are not in the file.
    func append(_ spans: ArraySlice<FinishedSpan>) -> Int {
        var lost = 0
        var left = spans
        while !left.isEmpty {
            let some = left.prefix(Self.spansOfALine)
            left = left.dropFirst(some.count)
            // A piece of a line spoils no other one.
            let start: [UInt8] = isTorn.load(ordering: .relaxed) ? [UInt8(ascii: "\n")] : []
            if !write(start + OTLPText.line(some, resource: resource)) { lost += some.count }
        }
        return lost
    }

    private func write(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let count = Glibc.write(descriptor, bytes.baseAddress.map { $0 + offset }, bytes.count - offset)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else {
                    if offset > 0 { isTorn.store(true, ordering: .relaxed) }
                    return false
                }
                offset += count
            }
            isTorn.store(false, ordering: .relaxed)
            return true
        }
    }
}
