/// What is wrong with a tree.
struct BrokenInvariant: Error, CustomStringConvertible {
    let description: String
}

extension PersistentTree {
    /// Walks the whole tree: keys ascend and keep to their separators, leaves lie at one depth, nodes are as full as they
    /// must be, the count is right. For tests, after each step.
    func checkInvariants() throws(BrokenInvariant) {
        let (entries, _) = try check(root, from: nil, to: nil, isRoot: true)
        guard entries == count else { throw BrokenInvariant(description: "\(entries) entries are counted as \(count)") }
    }

    /// - Returns: how many entries lie under `node`, and how many levels.
    private func check(
        _ node: Node, from low: Key?, to high: Key?, isRoot: Bool
    ) throws(BrokenInvariant) -> (entries: Int, height: Int) {
        guard node.size <= Node.capacity, isRoot || node.size >= Node.minimum else {
            throw BrokenInvariant(description: "a node has the size \(node.size)")
        }
        var last = low
        for (index, key) in node.keys.enumerated() {
            // In a leaf the first key may be the separator before it.
            let isAscending = last.map { node.isLeaf && index == 0 ? $0 <= key : $0 < key } ?? true
            guard isAscending, high.map({ key < $0 }) ?? true else {
                throw BrokenInvariant(description: "the key \(key) is out of order")
            }
            last = key
        }
        if node.isLeaf {
            guard node.values.count == node.keys.count else {
                throw BrokenInvariant(description: "a leaf has \(node.keys.count) keys, \(node.values.count) values")
            }
            return (node.keys.count, 1)
        }
        guard node.children.count == node.keys.count + 1, node.children.count > 1, node.values.isEmpty else {
            throw BrokenInvariant(description: "\(node.keys.count) separators have \(node.children.count) children")
        }
        var (entries, height) = (0, 0)
        for (index, child) in node.children.enumerated() {
            let low = index == 0 ? low : node.keys[index - 1]
            let high = index < node.keys.count ? node.keys[index] : high
            let under = try check(child, from: low, to: high, isRoot: false)
            guard index == 0 || under.height == height else {
                throw BrokenInvariant(description: "leaves lie at different depths")
            }
            entries += under.entries
            height = under.height
        }
        return (entries, height + 1)
    }
}
