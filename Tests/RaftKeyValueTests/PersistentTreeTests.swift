import Testing

@testable import RaftKeyValue

@Suite("The persistent tree")
struct PersistentTreeTests {
    @Test("Random writes leave what they leave in a sorted dictionary", arguments: UInt64(1)...12)
    func againstDictionary(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var tree = PersistentTree<Int, Int>()
        var reference: [Int: Int] = [:]
        // Few keys are overwritten and removed often, many fill several levels.
        let keys = [20, 300, 5_000][Int(seed % 3)]
        for step in 0..<6_000 {
            let key = Int.random(in: 0..<keys, using: &random)
            // Grows for a while, then shrinks, so that nodes split and merge.
            let grows = step / 1_500 % 2 == 0
            if Int.random(in: 0..<10, using: &random) < (grows ? 8 : 2) {
                #expect(tree.updateValue(step, forKey: key) == reference.updateValue(step, forKey: key))
            } else {
                #expect(tree.removeValue(forKey: key) == reference.removeValue(forKey: key))
            }
            #expect(tree[key] == reference[key])
            if step % 16 == 0 || keys <= 20 { try tree.checkInvariants() }
        }
        try tree.checkInvariants()
        try expectSame(tree, reference, "seed \(seed)")
    }

    @Test("A tree filled and emptied in any order keeps its shape", arguments: ["up", "down", "shuffled"])
    func fillAndEmpty(order: String) throws {
        var random = SplitMix(state: 42)
        func ordered(_ keys: Range<Int>) -> [Int] {
            switch order {
            case "up": Array(keys)
            case "down": keys.reversed()
            default: keys.shuffled(using: &random)
            }
        }
        var tree = PersistentTree<Int, Int>()
        for (step, key) in ordered(0..<4_000).enumerated() {
            tree.updateValue(-key, forKey: key)
            if step % 37 == 0 { try tree.checkInvariants() }
        }
        #expect(tree.map(\.key) == Array(0..<4_000))
        #expect(tree.count == 4_000)
        for (step, key) in ordered(0..<4_000).enumerated() {
            #expect(tree.removeValue(forKey: key) == -key)
            if step % 37 == 0 { try tree.checkInvariants() }
        }
        #expect(tree.isEmpty)
        #expect(Array(tree.map(\.key)) == [])
        try tree.checkInvariants()
    }

    @Test("Views taken earlier stay as they were, whatever is written later", arguments: UInt64(1)...6)
    func views(seed: UInt64) throws {
        var random = SplitMix(state: seed)
        var tree = PersistentTree<Int, Int>()
        var reference: [Int: Int] = [:]
        var views: [(PersistentTree<Int, Int>, [Int: Int])] = []
        for step in 0..<4_000 {
            let key = Int.random(in: 0..<1_000, using: &random)
            if Int.random(in: 0..<10, using: &random) < (step / 1_000 % 2 == 0 ? 8 : 2) {
                tree.updateValue(step, forKey: key)
                reference[key] = step
            } else {
                tree.removeValue(forKey: key)
                reference[key] = nil
            }
            if Int.random(in: 0..<100, using: &random) == 0 { views.append((tree, reference)) }
            // A view may be written as well, and is a tree of its own from then on.
            if Int.random(in: 0..<100, using: &random) == 0, let position = views.indices.randomElement(using: &random)
            {
                views[position].0.updateValue(-1, forKey: key)
                views[position].1[key] = -1
                views[position].0.removeValue(forKey: key + 1)
                views[position].1[key + 1] = nil
            }
        }
        #expect(!views.isEmpty)
        for (view, reference) in views {
            try view.checkInvariants()
            try expectSame(view, reference, "seed \(seed)")
        }
        try expectSame(tree, reference, "seed \(seed)")
    }

    @Test("A write after a view copies a path, and nothing when the key to remove is not there")
    func sharing() throws {
        var tree = PersistentTree<Int, Int>()
        for key in 0..<20_000 { tree.updateValue(key, forKey: key) }
        let view = tree
        tree.removeValue(forKey: -1)
        #expect(tree.root === view.root)

        tree.updateValue(0, forKey: 10_000)
        let shared = nodes(of: view.root).intersection(nodes(of: tree.root)).count
        let total = nodes(of: tree.root).count
        #expect(total - shared <= 4)
        #expect(view[10_000] == 10_000)
        #expect(tree[10_000] == 0)

        // What is not shared is written in place.
        let before = nodes(of: tree.root)
        tree.updateValue(1, forKey: 10_000)
        #expect(nodes(of: tree.root) == before)
    }

    @Test("An iterator starts at the first key that is not below its start", arguments: [0, 1, 2, 40, 1_000])
    func iteration(count: Int) {
        var tree = PersistentTree<Int, Int>()
        for key in 0..<count { tree.updateValue(key, forKey: key * 2) }
        for start in -1...(count * 2 + 1) {
            var iterator = tree.makeIterator(from: start)
            let first = max(0, (start + 1) / 2)
            #expect(iterator.next()?.value == (first < count ? first : nil), "from \(start)")
        }
    }

    @Test("Keys stand in the order of their bytes")
    func byteOrder() throws {
        var random = SplitMix(state: 7)
        var tree = PersistentTree<ByteKey, Int>()
        var keys: Set<[UInt8]> = []
        for step in 0..<3_000 {
            let count = Int.random(in: 0..<6, using: &random)
            let key = (0..<count).map { _ in [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0 as UInt8 }
            tree.updateValue(step, forKey: ByteKey(key))
            keys.insert(key)
        }
        try tree.checkInvariants()
        #expect(tree.map(\.key.bytes) == keys.sorted { $0.lexicographicallyPrecedes($1) })
    }

    private func expectSame(
        _ tree: PersistentTree<Int, Int>, _ reference: [Int: Int], _ comment: Comment
    ) throws {
        let expected = reference.sorted { $0.key < $1.key }
        #expect(tree.map(\.key) == expected.map(\.key), comment)
        #expect(tree.map(\.value) == expected.map(\.value), comment)
        #expect(tree.count == reference.count, comment)
    }

    private func nodes(of root: PersistentTree<Int, Int>.Node) -> Set<ObjectIdentifier> {
        root.children.reduce([ObjectIdentifier(root)]) { $0.union(nodes(of: $1)) }
    }
}
