/// The entries of a machine at one moment, in the order of the bytes of their keys.
public struct KeyValueEntries: Sequence, Sendable {
    let tree: PersistentTree<ByteKey, [UInt8]>

    /// How many there are.
    public var count: Int { tree.count }
    public var underestimatedCount: Int { tree.count }

    public func makeIterator() -> Iterator { Iterator(inner: tree.makeIterator()) }

    public struct Iterator: IteratorProtocol, Sendable {
        var inner: PersistentTree<ByteKey, [UInt8]>.Iterator

        public mutating func next() -> KeyValueEntry? {
            inner.next().map { KeyValueEntry(key: $0.key.bytes, value: $0.value) }
        }
    }
}
