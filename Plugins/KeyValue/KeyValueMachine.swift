/// A map from keys to values, both bytes, in the order of the bytes of the keys.
///
/// A plain value: the same commands give the same outputs and the same state on every node. A copy is a view of the whole
/// state that costs one reference; the machine may be written further while another thread reads the view, and the next
/// write copies the path to one leaf, not the state. Measured with 100,000 keys in a release build: 0.8 µs a command, 2 µs
/// when a view is taken before each.
public struct KeyValueMachine: Sendable {
    var tree = PersistentTree<ByteKey, [UInt8]>()
    var restoration = KeyValueRestoration()

    /// Without any keys.
    public init() {}

    /// With these keys, as `entries` gave them. Of a key that occurs twice the later value holds.
    public init(entries: some Sequence<KeyValueEntry>) {
        for entry in entries { tree.updateValue(entry.value, forKey: ByteKey(entry.key)) }
    }

    /// How many keys there are.
    public var count: Int { tree.count }

    /// Everything there is, in the order of the keys: what a snapshot holds. Stays as it is when the machine goes on.
    public var entries: KeyValueEntries { KeyValueEntries(tree: tree) }

    /// Applies a command.
    public mutating func apply(_ command: KeyValueCommand) -> KeyValueOutput {
        switch command {
        case .put(let key, let value):
            return .ok(existed: tree.updateValue(value, forKey: ByteKey(key)) != nil)
        case .delete(let key):
            return tree.removeValue(forKey: ByteKey(key)) != nil ? .ok(existed: true) : .notFound
        case .compareAndSet(let key, let expected, let new):
            let key = ByteKey(key)
            let current = tree[key]
            guard current == expected else { return .mismatch(current: current) }
            tree.updateValue(new, forKey: key)
            return .ok(existed: current != nil)
        case .beginRestore(let id): return restoration.begin(id)
        case .restore(let id, let chunk, let entries): return restoration.add(id, chunk, entries)
        case .endRestore(let id, let chunks, let keys):
            return restoration.end(id, chunks: chunks, keys: keys, replacing: &tree)
        case .abandonRestore(let id): return restoration.abandon(id)
        }
    }

    /// Answers from the present state.
    public func answer(_ query: KeyValueQuery) -> KeyValueAnswer {
        switch query {
        case .get(let key): .value(tree[ByteKey(key)])
        case .list(let prefix, let limit, let after): list(prefix: prefix, limit: limit, after: after)
        }
    }

    private func list(prefix: [UInt8], limit: UInt32, after: [UInt8]?) -> KeyValueAnswer {
        let first = ByteKey(prefix)
        let last = after.map { ByteKey($0) }
        var iterator = tree.makeIterator(from: last.map { max($0, first) } ?? first)
        let limit = min(Int(limit), KeyValueLimits.listEntries)
        var found: [KeyValueEntry] = []
        var size = 0
        while let (key, value) = iterator.next(), key.hasPrefix(prefix) {
            if key == last { continue }
            size += key.bytes.count + value.count
            guard found.count < limit, found.isEmpty || size <= KeyValueLimits.listBytes else {
                return .entries(found, more: true)
            }
            found.append(KeyValueEntry(key: key.bytes, value: value))
        }
        return .entries(found, more: false)
    }
}
