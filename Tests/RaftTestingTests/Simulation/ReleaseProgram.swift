import Glibc

/// A program built in release, where an environment variable names it; `make test` sets both.
struct ReleaseProgram {
    let path: String

    init?(_ variable: String) {
        guard let path = getenv(variable) else { return nil }
        self.path = String(cString: path)
    }

    /// What it printed, both streams, and its exit status.
    func run(_ arguments: String) -> (status: Int32, output: String) {
        guard let pipe = popen("'\(path)' \(arguments) 2>&1", "r") else { return (-1, "cannot run \(path)") }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = fread(&buffer, 1, buffer.count, pipe), count > 0 { output += buffer[..<count] }
        let status = pclose(pipe)
        return ((status >> 8) & 0xFF, String(decoding: output, as: UTF8.self))
    }
}
