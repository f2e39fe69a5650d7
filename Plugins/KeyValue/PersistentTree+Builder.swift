extension PersistentTree {
    /// Builds a tree of entries that come in the order of their keys, in constant time each.
    ///
    /// Nodes are filled one after the other, so that there are as few of them as can be.
    struct Builder: ~Copyable {
        /// The last node of each level, the leaf first. Every other node is full.
        private var edge: [Node] = [.leafToFill()]
        private var count = 0

        /// Adds an entry after all others.
        /// - Returns: false, and adds nothing, when `key` is not above the last one.
        mutating func append(_ value: Value, forKey key: Key) -> Bool {
            if let last = edge[0].keys.last, key <= last { return false }
            if edge[0].size == Node.capacity {
                let leaf = Node.leafToFill()
                attach(leaf, after: key, at: 1)
                edge[0] = leaf
            }
            edge[0].keys.append(key)
            edge[0].values.append(value)
            count += 1
            return true
        }

        /// Makes `node` the last child of the last node of a level. What lies below it is not yet part of the edge.
        private mutating func attach(_ node: Node, after separator: Key, at level: Int) {
            if level == edge.count {
                edge.append(Node(keys: [], children: [edge[level - 1]]))
            } else if edge[level].size == Node.capacity {
                let parent = Node(keys: [], children: [node])
                attach(parent, after: separator, at: level + 1)
                edge[level] = parent
                return
            }
            edge[level].keys.append(separator)
            edge[level].children.append(node)
        }

        /// The tree. From the root down, for the last node of a level may have a single child until it is given more.
        consuming func finish() -> PersistentTree {
            for node in edge.dropFirst().reversed() { node.fillLastChild() }
            return PersistentTree(root: edge[edge.count - 1], count: count)
        }
    }
}
