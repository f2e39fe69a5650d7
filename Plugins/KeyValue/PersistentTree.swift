/// An ordered map whose copies cost nothing: a value type around a B+ tree with shared nodes.
///
/// A copy shares every node. A write copies the nodes on the path from the root to its leaf that are shared, and writes
/// the others in place; so a view of the whole map for a snapshot is one reference, and the first write after it copies
/// three or four nodes, not the map (§7). Reads and writes take O(log n).
///
/// A copy may be read on another thread while this one is written.
struct PersistentTree<Key: Comparable & Sendable, Value: Sendable>: Sendable {
    private(set) var root: Node
    private(set) var count: Int

    init() { (root, count) = (Node(), 0) }

    /// - Parameter root: referenced by nobody else who writes.
    init(root: Node, count: Int) { (self.root, self.count) = (root, count) }

    var isEmpty: Bool { count == 0 }

    /// The value of `key`, nil if it is not there.
    subscript(key: Key) -> Value? {
        var node = root
        while !node.isLeaf { node = node.children[node.child(for: key)] }
        guard let position = node.position(of: key) else { return nil }
        return node.values[position]
    }

    /// Sets the value of `key`.
    /// - Returns: its value before, nil if it is new.
    @discardableResult
    mutating func updateValue(_ value: Value, forKey key: Key) -> Value? {
        makeRootUnique()
        let old = root.update(value, forKey: key)
        if old == nil { count += 1 }
        if root.isOverfull {
            let left = root
            let (separator, right) = left.split()
            root = Node(keys: [separator], children: [left, right])
        }
        return old
    }

    /// Removes `key`. Copies nothing when it is not there.
    /// - Returns: its value, nil if it was not there.
    @discardableResult
    mutating func removeValue(forKey key: Key) -> Value? {
        guard let old = self[key] else { return nil }
        makeRootUnique()
        root.remove(key)
        count -= 1
        if root.children.count == 1 { root = root.children[0] }
        return old
    }

    private mutating func makeRootUnique() {
        if !isKnownUniquelyReferenced(&root) { root = Node(copying: root) }
    }
}
