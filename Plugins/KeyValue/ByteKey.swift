internal import Glibc

/// Bytes in the order of `memcmp`: as unsigned numbers, a prefix before what continues it.
struct ByteKey: Hashable, Comparable, Sendable {
    let bytes: [UInt8]

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    func hasPrefix(_ prefix: [UInt8]) -> Bool { bytes.starts(with: prefix) }

    static func < (lhs: ByteKey, rhs: ByteKey) -> Bool {
        lhs.bytes.withUnsafeBufferPointer { left in
            rhs.bytes.withUnsafeBufferPointer { right in
                guard let leftStart = left.baseAddress, let rightStart = right.baseAddress else {
                    return left.count < right.count
                }
                let order = memcmp(leftStart, rightStart, min(left.count, right.count))
                return order != 0 ? order < 0 : left.count < right.count
            }
        }
    }
}
