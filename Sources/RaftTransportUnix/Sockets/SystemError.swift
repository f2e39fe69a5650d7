import Glibc

/// What a system call answered.
struct SystemError: Error, CustomStringConvertible {
    let code: CInt

    /// Of the call that failed just now.
    static func last() -> SystemError { SystemError(code: errno) }

    var description: String { String(cString: strerror(code)) }
}
