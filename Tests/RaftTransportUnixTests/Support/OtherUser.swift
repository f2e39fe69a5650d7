import Glibc

/// Runs `body` as another user, for as long as it takes: this thread alone, which is why it is no asynchronous function.
/// The process must be root's.
///
/// The C library changes the user of all threads together; the system call changes that of its own.
func asUser<Result>(_ user: UInt32, _ body: () throws -> Result) throws -> Result {
    #if arch(arm64)
        let setresuid = 147
    #else
        let setresuid = 117
    #endif
    typealias SystemCall = @convention(c) (Int, UInt32, UInt32, UInt32) -> Int
    guard let symbol = dlsym(nil, "syscall") else { throw TestFailure("there is no syscall") }
    let call = unsafeBitCast(symbol, to: SystemCall.self)
    let same = UInt32.max
    guard call(setresuid, same, user, same) == 0 else { throw TestFailure("the user cannot be changed") }
    defer {
        guard call(setresuid, same, 0, same) == 0 else { preconditionFailure("this thread cannot be root's again") }
    }
    return try body()
}
