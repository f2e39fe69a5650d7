import Glibc

/// What the argument parser would take in silence, and must not: arguments whose bytes it would change, and bundles of
/// one-letter options such as `-5h`, which it takes for a call for help.
enum ArgumentCheck {
    static func check() throws {
        var hasEnded = false
        for position in 1..<max(1, Int(CommandLine.argc)) {
            guard let argument = CommandLine.unsafeArgv[position] else { continue }
            let bytes = UnsafeBufferPointer(start: argument, count: strlen(argument)).map { UInt8(bitPattern: $0) }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw Failure(
                    .usage, "argument \(position) is not UTF-8 text: give other bytes as - and on standard input")
            }
            hasEnded = hasEnded || text == "--"
            if hasEnded { continue }
            if text.hasPrefix("-"), !text.hasPrefix("--"), text != "-", text != "-h" {
                throw Failure(.usage, "there is no option \(text): write -- before values that begin with -")
            }
        }
    }
}
