import Glibc
import RaftCore
import RaftThreads
import RaftTransportUnix
import Synchronization

@testable import RaftNode

/// What systemd is to a service: a datagram socket that messages come to.
final class FakeServiceManager: Sendable {
    let path: String
    private let descriptor: CInt
    private let received = Mutex<[String]>([])

    init(in directory: String) throws {
        path = directory + "/notify"
        let type = CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
        descriptor = socket(AF_UNIX, type, 0)
        guard UnixSocketAddress(path, isAbstract: false).withSockAddr({ bind(descriptor, $0, $1) }) == 0 else {
            throw RegistryError("\(path) cannot be bound")
        }
    }

    deinit { close(descriptor) }

    /// Every message so far.
    var messages: [String] {
        received.withLock { received in
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(descriptor, &bytes, bytes.count, 0)
                guard count >= 0 else { return received }
                received.append(String(decoding: bytes[..<count], as: UTF8.self))
            }
        }
    }

    /// Returns when a message like this one has come; the suite's time limit ends the wait.
    func wait(for message: String, count: Int = 1) async throws {
        try await until { self.messages.filter { $0.hasPrefix(message) }.count >= count }
    }
}

/// Looks again and again; the suite's time limit ends it. Gives the processor away between two looks; nothing depends on
/// how long.
func until(_ condition: () -> Bool) async throws {
    while !condition() { try await Task.sleep(for: .milliseconds(1)) }
}

/// Holds a machine up.
final class Gate: Sendable {
    private struct State {
        var isOpen = true
        var waiting = 0
    }

    private let state = Monitor(State())

    var isOpen: Bool {
        get { state.withLock { $0.isOpen } }
        set {
            state.withLock { $0.isOpen = newValue }
            state.signal()
        }
    }

    /// Whether a machine stands before it.
    var isHolding: Bool { state.withLock { $0.waiting > 0 } }

    func pass() {
        state.withLock { $0.waiting += 1 }
        state.wait { $0.isOpen ? .done(()) : .wait }
        state.withLock { $0.waiting -= 1 }
    }
}

/// Passes its gate for each command, and gives it back.
struct GatedMachine: QueryableStateMachine {
    let gate: Gate

    mutating func apply(_ command: [UInt8]) throws -> [UInt8] {
        gate.pass()
        return command
    }
    static func encode(_ bytes: [UInt8]) -> [UInt8] { bytes }
    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { [UInt8](bytes) }
    func answer(_ query: [UInt8]) -> [UInt8] { query }
    static func decodeQuery(_ bytes: UnsafeRawBufferPointer) throws -> [UInt8] { [UInt8](bytes) }
}

/// A socket that is listened on at `address`, as a socket unit has it.
func listeningSocket(at path: String) throws -> CInt {
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0)
    guard UnixSocketAddress(path, isAbstract: false).withSockAddr({ bind(descriptor, $0, $1) }) == 0,
        listen(descriptor, 16) == 0
    else { throw RegistryError("\(path) cannot be listened on") }
    return descriptor
}
