extension PersistentTree {
    /// A leaf with keys and their values, or an inner node with children and, between them, separators: the keys under
    /// `children[i]` are below `keys[i]`, those under `children[i + 1]` are not.
    ///
    /// `@unchecked Sendable`: a node is written only through a tree that holds the only reference to it and to each node
    /// above it. `isKnownUniquelyReferenced` says so for the root and then for each child on the way down, before it is
    /// written; a node that two trees can reach, and thus two threads, is copied and never changes again.
    final class Node: @unchecked Sendable {
        var keys: [Key]
        /// Leaves only: as many as keys.
        var values: [Value]
        /// Inner nodes only: one more than keys.
        var children: [Node]

        /// An empty leaf.
        init() { (keys, values, children) = ([], [], []) }

        init(keys: [Key], children: [Node]) { (self.keys, self.values, self.children) = (keys, [], children) }

        private init(keys: [Key], values: [Value]) { (self.keys, self.values, self.children) = (keys, values, []) }

        init(copying node: Node) { (keys, values, children) = (node.keys, node.values, node.children) }
    }
}

extension PersistentTree.Node {
    /// The most keys in a leaf, the most children of an inner node. With 100,000 keys 16 is a quarter slower, 64 no faster.
    static var capacity: Int { 32 }
    /// The fewest, but in the root.
    static var minimum: Int { capacity / 2 }

    var isLeaf: Bool { children.isEmpty }
    var size: Int { isLeaf ? keys.count : children.count }
    var isOverfull: Bool { size > Self.capacity }
    private var isUnderfull: Bool { size < Self.minimum }

    /// An empty leaf with room for as many keys as it may have.
    static func leafToFill() -> PersistentTree.Node {
        let leaf = PersistentTree.Node()
        leaf.keys.reserveCapacity(capacity)
        leaf.values.reserveCapacity(capacity)
        return leaf
    }

    // MARK: Finding

    /// How many keys are below `key`: where it stands, or would stand, in a leaf.
    func lowerBound(_ key: Key) -> Int {
        keys.withUnsafeBufferPointer { keys in
            var (low, high) = (0, keys.count)
            while low < high {
                let middle = (low + high) / 2
                if keys[middle] < key { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    /// Where `key` stands in a leaf.
    func position(of key: Key) -> Int? {
        let position = lowerBound(key)
        return position < keys.count && keys[position] == key ? position : nil
    }

    /// Under which child of an inner node `key` belongs.
    func child(for key: Key) -> Int {
        let position = lowerBound(key)
        return position < keys.count && keys[position] == key ? position + 1 : position
    }

    // MARK: Writing (only where this node is referenced once)

    func update(_ value: Value, forKey key: Key) -> Value? {
        guard isLeaf else {
            let index = child(for: key)
            let child = uniqueChild(index)
            let old = child.update(value, forKey: key)
            if child.isOverfull {
                let (separator, right) = child.split()
                keys.insert(separator, at: index)
                children.insert(right, at: index + 1)
            }
            return old
        }
        let position = lowerBound(key)
        if position < keys.count, keys[position] == key {
            let old = values[position]
            values[position] = value
            return old
        }
        keys.insert(key, at: position)
        values.insert(value, at: position)
        return nil
    }

    /// Moves the upper half to a new node.
    /// - Returns: the separator between the two, and the new node.
    func split() -> (separator: Key, right: PersistentTree.Node) {
        let middle = size / 2
        let right: PersistentTree.Node
        let separator: Key
        if isLeaf {
            separator = keys[middle]
            right = PersistentTree.Node(keys: Array(keys[middle...]), values: Array(values[middle...]))
            keys.removeSubrange(middle...)
            values.removeSubrange(middle...)
        } else {
            separator = keys[middle - 1]
            right = PersistentTree.Node(keys: Array(keys[middle...]), children: Array(children[middle...]))
            keys.removeSubrange((middle - 1)...)
            children.removeSubrange(middle...)
        }
        return (separator, right)
    }

    /// Removes `key`, which is there.
    func remove(_ key: Key) {
        guard !isLeaf else {
            guard let position = position(of: key) else { return }
            keys.remove(at: position)
            values.remove(at: position)
            return
        }
        let index = child(for: key)
        let child = uniqueChild(index)
        child.remove(key)
        guard child.isUnderfull else { return }
        if index > 0, children[index - 1].size > Self.minimum {
            child.takeLast(of: uniqueChild(index - 1), separator: &keys[index - 1])
        } else if index + 1 < children.count, children[index + 1].size > Self.minimum {
            child.takeFirst(of: uniqueChild(index + 1), separator: &keys[index])
        } else if index > 0 {
            uniqueChild(index - 1).append(child, separator: keys.remove(at: index - 1))
            children.remove(at: index)
        } else {
            child.append(children[index + 1], separator: keys.remove(at: index))
            children.remove(at: index + 1)
        }
    }

    /// The child at `index`, referenced by this node alone.
    private func uniqueChild(_ index: Int) -> PersistentTree.Node {
        if !isKnownUniquelyReferenced(&children[index]) {
            children[index] = PersistentTree.Node(copying: children[index])
        }
        return children[index]
    }

    /// Gives the last child what it lacks, out of its neighbour, which is full.
    func fillLastChild() {
        let child = children[children.count - 1]
        while child.isUnderfull { child.takeLast(of: children[children.count - 2], separator: &keys[keys.count - 1]) }
    }

    private func takeLast(of left: PersistentTree.Node, separator: inout Key) {
        if isLeaf {
            let key = left.keys.removeLast()
            keys.insert(key, at: 0)
            values.insert(left.values.removeLast(), at: 0)
            separator = key
        } else {
            keys.insert(separator, at: 0)
            children.insert(left.children.removeLast(), at: 0)
            separator = left.keys.removeLast()
        }
    }

    private func takeFirst(of right: PersistentTree.Node, separator: inout Key) {
        if isLeaf {
            keys.append(right.keys.removeFirst())
            values.append(right.values.removeFirst())
            separator = right.keys[0]
        } else {
            keys.append(separator)
            children.append(right.children.removeFirst())
            separator = right.keys.removeFirst()
        }
    }

    /// Takes in all that its right neighbour holds.
    private func append(_ right: PersistentTree.Node, separator: Key) {
        if !isLeaf { keys.append(separator) }
        keys.append(contentsOf: right.keys)
        values.append(contentsOf: right.values)
        children.append(contentsOf: right.children)
    }
}
