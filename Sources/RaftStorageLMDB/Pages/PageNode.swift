/// An item on a page: 8 bytes of head, the key, and on a leaf the value, or where it is.
///
/// The head: the low and the high half of the value's length (2 bytes each), flags (2), length of the key (2). On a
/// branch the first three are, low to high, the number of the page below.
struct PageNode {
    static let size = 8
    /// The value is the number of the first of a run of overflow pages.
    static let big: UInt16 = 0x01
    /// The value is the root of a named table.
    static let table: UInt16 = 0x02

    var key: UnsafeRawBufferPointer
    /// What lies on this page of the value.
    var value: UnsafeRawBufferPointer
    /// The length of the value, wherever it lies.
    var valueSize: Int
    var flags: UInt16
    /// On a branch: the page below.
    var child: UInt64

    /// Nil when it does not lie wholly within `page`.
    init?(_ page: UnsafeRawBufferPointer, at offset: Int, isLeaf: Bool) {
        guard offset + Self.size <= page.count else { return nil }
        let low = UInt64(page.number(offset, UInt16.self))
        let middle = UInt64(page.number(offset + 2, UInt16.self))
        flags = page.number(offset + 4, UInt16.self)
        let keySize = Int(page.number(offset + 6, UInt16.self))
        let keyStart = offset + Self.size
        child = isLeaf ? 0 : low | middle << 16 | UInt64(flags) << 32
        valueSize = isLeaf ? Int(low | middle << 16) : 0
        let onPage = isLeaf ? (flags & Self.big != 0 ? 8 : valueSize) : 0
        guard keyStart + keySize + onPage <= page.count else { return nil }
        key = UnsafeRawBufferPointer(rebasing: page[keyStart..<keyStart + keySize])
        value = UnsafeRawBufferPointer(rebasing: page[(keyStart + keySize)..<(keyStart + keySize + onPage)])
    }
}
