import Testing

@testable import RaftKeyValue

@Suite("A persistent tree that is built of entries in order")
struct PersistentTreeBuilderTests {
    typealias Tree = PersistentTree<Int, Int>

    private static func tree(of count: Int) -> Tree {
        var builder = Tree.Builder()
        for key in 0..<count where !builder.append(-key, forKey: key) { Issue.record("\(key) was not taken") }
        return builder.finish()
    }

    private static func leaves(under node: Tree.Node) -> Int {
        node.isLeaf ? 1 : node.children.reduce(0) { $0 + leaves(under: $1) }
    }

    @Test("Its shape is right and its leaves are as few as can be, for every count up to 2,000")
    func everyCount() throws {
        for count in 0...2_000 {
            let tree = Self.tree(of: count)
            try tree.checkInvariants()
            let leaves = max(1, (count + Tree.Node.capacity - 1) / Tree.Node.capacity)
            guard tree.count == count, tree.enumerated().allSatisfy({ $0 == $1.key && $0 == -$1.value }),
                Self.leaves(under: tree.root) == leaves
            else {
                Issue.record("\(count) entries became \(tree.count) in \(Self.leaves(under: tree.root)) leaves")
                return
            }
        }
    }

    @Test("So it is around the counts at which levels are added", arguments: [1 << 10, 1 << 15])
    func levels(full: Int) throws {
        for count in [full - 1, full, full + 1, full + 32, full + 33, full + 513] {
            let tree = Self.tree(of: count)
            try tree.checkInvariants()
            #expect(tree.count == count)
            #expect(tree.map(\.key).elementsEqual(0..<count))
        }
    }

    @Test("It can be written like any other, beside views of it", arguments: [0, 1, 33, 1_025, 1_500])
    func writing(count: Int) throws {
        var random = SplitMix(state: UInt64(count))
        var tree = Self.tree(of: count)
        let view = tree
        var reference = Dictionary(uniqueKeysWithValues: (0..<count).map { ($0, -$0) })
        for step in 0..<2_000 {
            let key = Int.random(in: -10..<count + 10, using: &random)
            if Bool.random(using: &random) {
                #expect(tree.updateValue(step, forKey: key) == reference.updateValue(step, forKey: key))
            } else {
                #expect(tree.removeValue(forKey: key) == reference.removeValue(forKey: key))
            }
            if step % 50 == 0 { try tree.checkInvariants() }
        }
        try tree.checkInvariants()
        #expect(tree.map(\.key) == reference.keys.sorted())
        try view.checkInvariants()
        #expect(view.map(\.key).elementsEqual(0..<count))
        #expect(view.allSatisfy { $0.value == -$0.key })
    }

    @Test("Writing it where nobody else sees it copies no node")
    func inPlace() {
        var tree = Self.tree(of: 2_000)
        let root = ObjectIdentifier(tree.root)
        let leaf = ObjectIdentifier(tree.root.children[0].children[0])
        tree.updateValue(7, forKey: 3)
        #expect(ObjectIdentifier(tree.root) == root)
        #expect(ObjectIdentifier(tree.root.children[0].children[0]) == leaf)
    }

    @Test(
        "A key that is not above the last one is refused, and changes nothing", arguments: [1, 31, 32, 33, 64, 1_024])
    func order(count: Int) throws {
        var builder = Tree.Builder()
        // Outside `#expect`, which would copy the builder.
        var taken: [Int] = []
        for key in 0..<count where builder.append(key, forKey: key * 2) { taken.append(key * 2) }
        let last = (count - 1) * 2
        for key in [last, last - 1, -1, last + 1] where builder.append(9, forKey: key) { taken.append(key) }
        #expect(taken == (0..<count).map { $0 * 2 } + [last + 1])
        let tree = builder.finish()
        try tree.checkInvariants()
        #expect(tree.count == count + 1)
        #expect(tree[last + 1] == 9)
        #expect(tree[last] == count - 1)
    }
}
