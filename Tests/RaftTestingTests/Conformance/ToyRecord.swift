/// The sector that makes a commit of the toy storage count.
struct ToyRecord {
    static let sector = 512

    var number: Int
    /// Where in the log the commit is.
    var offset: Int
    var length: Int
    private var checksum: UInt64

    init(number: Int, offset: Int, body: [UInt8]) {
        self.number = number
        self.offset = offset
        length = body.count
        checksum = toyChecksum(body)
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for value in [UInt64(number), UInt64(offset), UInt64(length), checksum] { bytes.appendNumber(value) }
        bytes.append(contentsOf: [UInt8](repeating: 0xEE, count: Self.sector - 40))
        bytes.appendNumber(toyChecksum(bytes))
        return bytes
    }

    /// - Parameter checks: whether the sector must have its checksum.
    init?(_ bytes: [UInt8], checks: Bool) {
        guard !checks || bytes.number(at: Self.sector - 8) == toyChecksum(Array(bytes.prefix(Self.sector - 8))) else {
            return nil
        }
        func small(_ place: Int) -> Int? { Int(exactly: bytes.number(at: place)).flatMap { $0 < 1 << 40 ? $0 : nil } }
        guard let number = small(0), let offset = small(8), let length = small(16) else { return nil }
        self.number = number
        self.offset = offset
        self.length = length
        checksum = bytes.number(at: 24)
    }

    func body(in log: [UInt8], checks: Bool) -> [UInt8]? {
        guard offset + length <= log.count else { return nil }
        let body = Array(log[offset..<offset + length])
        return !checks || toyChecksum(body) == checksum ? body : nil
    }
}

/// FNV-1a, eight bytes at a time.
func toyChecksum(_ bytes: [UInt8]) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    bytes.withUnsafeBytes { raw in
        var place = 0
        while place + 8 <= raw.count {
            hash = (hash ^ raw.loadUnaligned(fromByteOffset: place, as: UInt64.self)) &* 0x100_0000_01B3
            hash ^= hash >> 29
            place += 8
        }
        while place < raw.count {
            hash = (hash ^ UInt64(raw[place])) &* 0x100_0000_01B3
            place += 1
        }
    }
    return hash
}

extension [UInt8] {
    mutating func appendNumber(_ value: UInt64) {
        Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
    }

    func number(at place: Int) -> UInt64 {
        withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: place, as: UInt64.self)) }
    }
}
