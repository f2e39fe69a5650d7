import Glibc
import RaftKeyValue

/// Values on the command line: the text itself, or `-` for the bytes of standard input.
enum ValueArgument {
    static func bytes(_ text: String) throws(Failure) -> [UInt8] {
        guard text == "-" else { return Array(text.utf8) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = chunk.withUnsafeMutableBytes { read(STDIN_FILENO, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw Failure(.failed, "standard input cannot be read: \(String(cString: strerror(errno)))")
            }
            bytes += chunk[..<count]
            guard bytes.count <= KeyValueLimits.valueBytes else {
                throw Failure(.refused, "the value on standard input is over \(KeyValueLimits.valueBytes) bytes")
            }
        }
    }
}
