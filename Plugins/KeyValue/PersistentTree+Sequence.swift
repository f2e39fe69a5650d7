extension PersistentTree: Sequence {
    /// Goes through a tree in the order of the keys, as it was when the iterator was made.
    struct Iterator: IteratorProtocol, Sendable {
        /// The way to the next entry: in inner nodes the child to visit next, in the leaf the next key.
        private var path: [(node: Node, next: Int)] = []

        /// - Parameter start: where to begin; nil for the first key.
        init(_ root: Node, from start: Key?) {
            var node = root
            while !node.isLeaf {
                let index = start.map { node.child(for: $0) } ?? 0
                path.append((node, index + 1))
                node = node.children[index]
            }
            path.append((node, start.map { node.lowerBound($0) } ?? 0))
        }

        mutating func next() -> (key: Key, value: Value)? {
            while let (node, index) = path.popLast() {
                guard index < node.size else { continue }
                path.append((node, index + 1))
                if node.isLeaf { return (node.keys[index], node.values[index]) }
                path.append((node.children[index], 0))
            }
            return nil
        }
    }

    func makeIterator() -> Iterator { Iterator(root, from: nil) }

    /// From the first key that is not below `start`.
    func makeIterator(from start: Key) -> Iterator { Iterator(root, from: start) }

    var underestimatedCount: Int { count }
}
