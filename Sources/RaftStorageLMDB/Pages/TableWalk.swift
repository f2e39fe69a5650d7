/// What `PageVerifier` remembers while it walks one table.
struct TableWalk {
    enum Kind { case free, main, named }

    let root: TableRoot
    let name: String
    let kind: Kind

    var branchPages: UInt64 = 0
    var leafPages: UInt64 = 0
    var overflowPages: UInt64 = 0
    var entries: UInt64 = 0
    /// Of the main table: the tables that it names.
    var tables: [(name: String, root: TableRoot)] = []

    /// The last key of a leaf; all that follow must be greater.
    private var last: [UInt8]?
    /// The last key of a branch; what lies below it must not be less.
    private var floor: [UInt8]?

    init(_ root: TableRoot, name: String, kind: Kind) {
        self.root = root
        self.name = name
        self.kind = kind
    }

    var countsMatch: Bool {
        branchPages == root.branchPages && leafPages == root.leafPages && overflowPages == root.overflowPages
            && entries == root.entries
    }

    /// False when the key is not in its place.
    mutating func accept(leafKey key: UnsafeRawBufferPointer) -> Bool {
        guard !key.isEmpty, key.count <= 511, kind != .free || key.count == 8 else { return false }
        if let last, !isLess(last, key) { return false }
        if let floor, isGreater(floor, key) { return false }
        floor = nil
        last = [UInt8](key)
        return true
    }

    mutating func accept(branchKey key: UnsafeRawBufferPointer) -> Bool {
        guard !key.isEmpty, key.count <= 511, kind != .free || key.count == 8 else { return false }
        if let last, !isLess(last, key) { return false }
        floor = [UInt8](key)
        return true
    }

    private func isLess(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        left.withUnsafeBytes { compare($0, right) < 0 }
    }

    private func isGreater(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        left.withUnsafeBytes { compare($0, right) > 0 }
    }

    /// LMDB's order: by bytes, or, in the table of free pages, by number.
    private func compare(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
        if kind == .free, left.count == 8, right.count == 8 {
            let (first, second) = (left.number(0, UInt64.self), right.number(0, UInt64.self))
            return first == second ? 0 : first < second ? -1 : 1
        }
        for position in 0..<min(left.count, right.count) where left[position] != right[position] {
            return left[position] < right[position] ? -1 : 1
        }
        return left.count == right.count ? 0 : left.count < right.count ? -1 : 1
    }
}
