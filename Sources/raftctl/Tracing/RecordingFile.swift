import Glibc
import RaftTracing

/// Recordings in files.
enum RecordingFile {
    /// The most that is read of one: more than any recorder has.
    private static let largest = 1 << 29

    static func read(_ path: String) throws(Failure) -> FlightRecording {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count < largest {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("read", path)
            }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        return try decode(bytes, path)
    }

    static func decode(_ bytes: [UInt8], _ source: String) throws(Failure) -> FlightRecording {
        do throws(FlightRecordingError) {
            return try FlightRecording(bytes)
        } catch {
            throw Failure(.failed, "\(source): \(error)")
        }
    }

    /// One that is there is replaced.
    static func write(_ bytes: [UInt8], to path: String) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failure("write", path) }
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw failure("write", path)
            }
            rest = rest.dropFirst(count)
        }
        try StandardOutput.write("\(path)\n")
    }

    private static func failure(_ what: String, _ path: String) -> Failure {
        Failure(.failed, "cannot \(what) \(path): \(String(cString: strerror(errno)))")
    }
}
