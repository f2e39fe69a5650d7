public import RaftCore

/// Some registers that hold a number or nothing: the machine of the simulator's own campaigns.
public struct RegisterMachine: StateMachine {
    public enum Command: Hashable, Sendable {
        case write(key: UInt8, value: UInt64?)
        case compareAndSet(key: UInt8, expected: UInt64?, new: UInt64)
    }

    /// Whether the register was changed.
    public typealias Output = Bool

    public private(set) var registers: [UInt8: UInt64] = [:]

    public init() {}

    public mutating func apply(_ command: Command) -> Bool {
        switch command {
        case .write(let key, let value):
            registers[key] = value
            return true
        case .compareAndSet(let key, let expected, let new):
            guard registers[key] == expected else { return false }
            registers[key] = new
            return true
        }
    }

    /// The registers as they are now. Written as their number (2 bytes), then for each, in the order of the keys, key (1) and
    /// value (8), little-endian.
    public func snapshot() -> (any SnapshotView)? { View(registers: registers) }

    private struct View: SnapshotView {
        let registers: [UInt8: UInt64]

        func write(to sink: SnapshotSink) throws {
            try sink.write(UInt16(registers.count))
            for (key, value) in registers.sorted(by: { $0.key < $1.key }) {
                try sink.write(key)
                try sink.write(value)
            }
        }
    }

    /// - Throws: `StorageError` code `damaged` for a body that `snapshot` does not write.
    public mutating func restore(from source: SnapshotSource) throws {
        registers = [:]
        let count: UInt16 = try source.read()
        guard source.remaining == UInt64(count) * 9 else {
            throw StorageError(.damaged, "\(count) registers cannot be \(source.remaining) bytes")
        }
        var last = -1
        for _ in 0..<count {
            let key: UInt8 = try source.read()
            guard Int(key) > last else { throw StorageError(.damaged, "register \(key) comes after \(last)") }
            registers[key] = try source.read(UInt64.self)
            last = Int(key)
        }
    }

    /// Kind 1, key 1, two numbers of 8 bytes each, little-endian; a number is its value plus one, or zero for none.
    public static func encode(_ command: Command) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(18)
        func append(_ number: UInt64?) {
            let raw = number.map { $0 + 1 } ?? 0
            for shift in stride(from: UInt64(0), to: 64, by: 8) {
                bytes.append(UInt8(truncatingIfNeeded: raw >> shift))
            }
        }
        switch command {
        case .write(let key, let value):
            bytes += [1, key]
            append(value)
            append(nil)
        case .compareAndSet(let key, let expected, let new):
            bytes += [2, key]
            append(expected)
            append(new)
        }
        return bytes
    }

    public static func decode(_ bytes: UnsafeRawBufferPointer) throws -> Command {
        guard bytes.count == 18 else { throw CommandRefused("a command has 18 bytes, not \(bytes.count)") }
        func number(_ offset: Int) -> UInt64? {
            let raw = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
            return raw == 0 ? nil : raw - 1
        }
        switch bytes[0] {
        case 1: return .write(key: bytes[1], value: number(2))
        case 2:
            guard let new = number(10) else { throw CommandRefused("nothing to set") }
            return .compareAndSet(key: bytes[1], expected: number(2), new: new)
        default: throw CommandRefused("kind \(bytes[0]) is unknown")
        }
    }
}
