import RaftCore

/// Walks every table of an environment and checks its pages, for LMDB trusts them: a rotten page can make it read
/// outside the map, or abort.
///
/// Checked are: page numbers, kinds and bounds; the places of nodes; depth and the counts that the roots claim; keys in
/// order, also against the branches above; that overflow runs fit; that no page is used twice, or used and free.
/// What is *in* the values is not checked here: entries and records have checksums.
struct PageVerifier: ~Copyable {
    /// One line for each thing found wrong; empty when LMDB may open the file.
    private(set) var damage: [String] = []
    private(set) var freePages = 0

    private let file: PageFile
    private let progressed: () -> Void
    /// One bit for each page: taken.
    private var taken: [UInt64]
    private let pageSize: Int
    private var chunk: [UInt8]

    /// More lines than this help nobody.
    private static let most = 100
    /// LMDB's own limit.
    private static let maximumDepth = 32

    private init(_ file: consuming PageFile, _ progressed: @escaping () -> Void) {
        self.progressed = progressed
        pageSize = file.meta.pageSize
        taken = Array(repeating: 0, count: Int(file.meta.lastPage / 64) + 1)
        chunk = Array(repeating: 0, count: max(256 << 10, file.meta.pageSize))
        self.file = file
    }

    /// What was found, and the bytes of free pages.
    /// - Parameter progressed: called for every page.
    static func verify(
        _ file: consuming PageFile, progressed: @escaping () -> Void = {}
    ) -> (damage: [String], freeBytes: Int) {
        var verifier = PageVerifier(file, progressed)
        verifier.run()
        return (verifier.damage, verifier.freePages * verifier.pageSize)
    }

    private mutating func run() {
        taken[0] |= 0b11
        // LMDB keeps flags of the environment among those of the table of free pages; keys must be numbers.
        var free = TableWalk(file.meta.free, name: "the table of free pages", kind: .free)
        if file.meta.free.flags & 0x1F != 0x08 { report("\(free.name) has impossible flags") }
        walk(&free)
        var main = TableWalk(file.meta.main, name: "the main table", kind: .main)
        if file.meta.main.flags != 0 { report("\(main.name) has impossible flags") }
        walk(&main)
        for (name, root) in main.tables {
            var table = TableWalk(root, name: "table \(name)", kind: .named)
            if root.flags != 0 { report("\(table.name) has impossible flags") }
            walk(&table)
        }
    }

    private mutating func report(_ what: String) {
        if damage.count < Self.most { damage.append(what) }
    }

    private mutating func walk(_ table: inout TableWalk) {
        let claimed = table.root
        if claimed.root == TableRoot.nowhere {
            if claimed.entries != 0 || claimed.depth != 0 { report("\(table.name) has no root but entries") }
            return
        }
        guard (1...Self.maximumDepth).contains(Int(claimed.depth)) else {
            return report("\(table.name) has an impossible depth")
        }
        let before = damage.count
        visit(claimed.root, level: 1, &table)
        if damage.count == before, !table.countsMatch { report("\(table.name) has other counts than its root says") }
    }

    /// Marks pages as used; false when one of them is outside the file or used already.
    private mutating func take(_ first: UInt64, _ count: UInt64, _ name: String) -> Bool {
        guard first >= 2, count >= 1, count <= file.meta.lastPage, first <= file.meta.lastPage - count + 1 else {
            report("\(name) leads to page \(first), outside the file")
            return false
        }
        for page in first..<first + count {
            guard taken[Int(page / 64)] & (1 << (page % 64)) == 0 else {
                report("\(name) leads to page \(page), which has another use")
                return false
            }
            taken[Int(page / 64)] |= 1 << (page % 64)
        }
        return true
    }

    private mutating func visit(_ number: UInt64, level: Int, _ table: inout TableWalk) {
        progressed()
        guard take(number, 1, table.name) else { return }
        var page = [UInt8](repeating: 0, count: pageSize)
        do {
            try page.withUnsafeMutableBytes { try file.read(number, into: $0) }
        } catch {
            return report("\(error)")
        }
        page.withUnsafeBytes { raw in
            let header = PageHeader(raw)
            let isLeaf = level == Int(table.root.depth)
            let kind = header.flags & 0x6F
            guard header.number == number, kind == (isLeaf ? PageHeader.leaf : PageHeader.branch),
                header.lower >= PageHeader.size, header.lower % 2 == 0, header.lower <= header.upper,
                header.upper <= pageSize
            else { return report("page \(number) of \(table.name) is not what its place demands") }
            let count = (header.lower - PageHeader.size) / 2
            // LMDB asserts two in a branch, except in the table of free pages, and expects one anywhere.
            guard count >= (isLeaf || table.kind == .free ? 1 : 2) else {
                return report("page \(number) of \(table.name) is empty")
            }
            if isLeaf { table.leafPages += 1 } else { table.branchPages += 1 }
            for position in 0..<count {
                let offset = Int(raw.number(PageHeader.size + 2 * position, UInt16.self))
                guard offset >= header.upper, offset % 2 == 0, let node = PageNode(raw, at: offset, isLeaf: isLeaf)
                else { return report("page \(number) of \(table.name) holds a node outside itself") }
                if isLeaf {
                    table.entries += 1
                    if !table.accept(leafKey: node.key) {
                        return report("page \(number) of \(table.name) has keys out of order")
                    }
                    visitValue(node, &table)
                } else {
                    // The first key of a branch is not used, and may be empty.
                    if position > 0, !table.accept(branchKey: node.key) {
                        return report("page \(number) of \(table.name) has keys out of order")
                    }
                    visit(node.child, level: level + 1, &table)
                }
            }
        }
    }

    private mutating func visitValue(_ node: PageNode, _ table: inout TableWalk) {
        var value: [UInt8]?
        switch node.flags {
        case 0:
            if table.kind != .named { value = [UInt8](node.value) }
        case PageNode.big:
            value = overflow(from: node.value.number(0, UInt64.self), size: node.valueSize, &table)
        case PageNode.table where table.kind == .main && node.value.count == TableRoot.size:
            table.tables.append((String(decoding: node.key, as: UTF8.self), TableRoot(node.value)))
            return
        default:
            return report("\(table.name) has a value of an impossible kind")
        }
        if table.kind == .free, let value { takeFreePages(value) }
    }

    /// Reads a run of overflow pages whole, so that a page the device cannot read is found here.
    private mutating func overflow(from first: UInt64, size: Int, _ table: inout TableWalk) -> [UInt8]? {
        let least = UInt64((PageHeader.size + size + pageSize - 1) / pageSize)
        guard take(first, 1, table.name) else { return nil }
        var value: [UInt8] = []
        var page = first
        var end = first + 1
        do {
            while page < end {
                progressed()
                let count = page == first ? 1 : Int(min(end - page, UInt64(chunk.count / pageSize)))
                try chunk.withUnsafeMutableBytes { raw in
                    try file.read(page, into: UnsafeMutableRawBufferPointer(rebasing: raw[..<(count * pageSize)]))
                }
                if page == first {
                    let header = chunk.withUnsafeBytes { PageHeader($0) }
                    guard header.number == first, header.flags & 0x6F == PageHeader.overflow, header.run >= least else {
                        report("page \(first) of \(table.name) is not the overflow run that its place demands")
                        return nil
                    }
                    if header.run > 1, !take(first + 1, header.run - 1, table.name) { return nil }
                    table.overflowPages += header.run
                    end = first + header.run
                }
                if table.kind == .free { value.append(contentsOf: chunk[..<(count * pageSize)]) }
                page += UInt64(count)
            }
        } catch {
            report("\(error)")
            return nil
        }
        return table.kind == .free ? [UInt8](value[PageHeader.size..<PageHeader.size + size]) : nil
    }

    /// A record of the table of free pages: how many, then their numbers, falling.
    private mutating func takeFreePages(_ record: [UInt8]) {
        record.withUnsafeBytes { raw in
            let count = raw.count >= 8 ? raw.number(0, UInt64.self) : 0
            guard raw.count >= 8, count <= UInt64(raw.count / 8 - 1) else {
                return report("the table of free pages has a record of the wrong size")
            }
            freePages += Int(count)
            var previous = UInt64.max
            for position in 0..<Int(count) {
                let page = raw.number(8 + 8 * position, UInt64.self)
                guard page < previous else { return report("the table of free pages has a record out of order") }
                previous = page
                guard take(page, 1, "the table of free pages") else { return }
            }
        }
    }
}
