/// The keys of this package's fields as they stand in a slot, each in a block that is copied whole: most of what is recorded
/// are these, and a text of any length takes some times as long.
struct KeyBlocks: ~Copyable, @unchecked Sendable {
    // Unchecked: what the pointer leads to is written by the initializer alone, and read only from then on.
    /// The length, so many bytes, and what does not matter.
    typealias Block = SIMD16<UInt8>

    /// In the order of ``TraceField``'s places, the first of which is 1.
    static let keys = [
        "raft.cluster",
        "raft.node",
        "raft.identity",
        "raft.group",
        "raft.term",
        "raft.role",
        "raft.index",
        "raft.peer",
        "raft.address",
        "raft.reason",
        "raft.count",
        "raft.message",
        "raft.state",
        "raft.outcome",
        "raft.module",
        "raft.level",
        "raft.bytes",
        "raft.path",
    ]

    // Written here only, before anybody reads it.
    private let blocks: UnsafeMutablePointer<Block>

    init() {
        blocks = .allocate(capacity: Self.keys.count + 1)
        blocks.initialize(to: Block())
        for (position, key) in Self.keys.enumerated() {
            var block = Block()
            precondition(key.utf8.count < block.scalarCount, "\(key) does not fit into a block")
            block[0] = UInt8(key.utf8.count)
            for (offset, byte) in key.utf8.enumerated() { block[1 + offset] = byte }
            (blocks + position + 1).initialize(to: block)
        }
    }

    deinit { blocks.deallocate() }

    /// - Parameter place: comes from a constructor of ``TraceField``, so that it is in range.
    @inline(__always)
    subscript(place: UInt8) -> Block { blocks[Int(place)] }
}
