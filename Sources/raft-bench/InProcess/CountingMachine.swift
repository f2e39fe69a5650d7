import RaftCore
import RaftMembership

/// Counts commands and adds up what they carry: as little work as a machine can do, so that a row measures everything
/// else.
struct CountingMachine: StateMachine, Codable {
    /// A number, in as many bytes as the row asks for.
    struct Command: Sendable {
        var amount: UInt64
        var size: Int
    }

    private(set) var count: UInt64 = 0
    private(set) var total: UInt64 = 0

    var isInline: Bool { true }

    mutating func apply(_ command: Command) -> UInt64 {
        total &+= command.amount
        count += 1
        return count
    }

    static func encode(_ command: Command) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: max(command.size, 1)) { buffer, count in
            count = buffer.count
            buffer.update(repeating: 0)
            withUnsafeBytes(of: command.amount.littleEndian) { amount in
                UnsafeMutableRawBufferPointer(buffer).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: amount.prefix(buffer.count)))
            }
        }
    }

    static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Command {
        guard !bytes.isEmpty else { throw CommandRefused("a command has one byte at least") }
        var amount: UInt64 = 0
        withUnsafeMutableBytes(of: &amount) { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes.prefix(8))) }
        return Command(amount: UInt64(littleEndian: amount), size: bytes.count)
    }
}
