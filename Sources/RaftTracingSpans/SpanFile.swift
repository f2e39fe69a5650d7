internal import Glibc
import RaftTracing
import Synchronization

/// An open file of spans. Written to by one thread.
final class SpanFile: Sendable {
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

    /// Adds a line.
    /// - Returns: Whether all of it is in the file.
    func append(_ spans: ArraySlice<FinishedSpan>) -> Bool {
        // A piece of a line spoils no other one.
        let start: [UInt8] = isTorn.load(ordering: .relaxed) ? [UInt8(ascii: "\n")] : []
        return write(start + OTLPText.line(spans, resource: resource))
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

/// Why spans cannot be written.
public struct SpanFileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// One line.
    public var message: String
    public var description: String { message }
}
